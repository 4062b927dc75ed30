/* A libpcsclite.so.1 that passes every call on to the real one and lets one of
 * them fail: a reader, a driver or a service that does so cannot be had to order.
 *
 *   FAULT=SCardTransmit:3:before:80100016   the third call fails, and is not made
 *   FAULT=SCardTransmit:3:after:80100016    it is made, and its answer is lost
 *   FAULT=SCardTransmit:3:hang              it never returns
 *   FAULT_REAL=/usr/lib/.../libpcsclite.so.1
 *   FAULT_LOG=FILE                          a line for every call
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <pthread.h>
#include <winscard.h>

#undef g_rgSCardT0Pci
#undef g_rgSCardT1Pci
#undef g_rgSCardRawPci
const SCARD_IO_REQUEST g_rgSCardT0Pci = {SCARD_PROTOCOL_T0, sizeof(SCARD_IO_REQUEST)};
const SCARD_IO_REQUEST g_rgSCardT1Pci = {SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST)};
const SCARD_IO_REQUEST g_rgSCardRawPci = {SCARD_PROTOCOL_RAW, sizeof(SCARD_IO_REQUEST)};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *real(const char *name) {
	static void *library;
	pthread_mutex_lock(&lock);
	if (!library) library = dlopen(getenv("FAULT_REAL"), RTLD_NOW | RTLD_LOCAL);
	pthread_mutex_unlock(&lock);
	void *f = library ? dlsym(library, name) : NULL;
	if (!f) { fprintf(stderr, "faultypcsc: no %s in %s\n", name, getenv("FAULT_REAL")); _exit(99); }
	return f;
}

/* due says whether this call of a function is the one: 0 no, 1 before, 2 after. */
static int due(const char *name, int *count, LONG *code) {
	char wanted[64], when[16];
	unsigned nth; unsigned long value = 0;
	pthread_mutex_lock(&lock);
	int n = ++*count;
	const char *log = getenv("FAULT_LOG");
	FILE *f = log ? fopen(log, "a") : NULL;
	if (f) { fprintf(f, "%s\n", name); fclose(f); }
	pthread_mutex_unlock(&lock);
	const char *fault = getenv("FAULT");
	if (!fault || sscanf(fault, "%63[^:]:%u:%15[^:]:%lx", wanted, &nth, when, &value) < 3) return 0;
	if (strcmp(wanted, name) || n != (int)nth) return 0;
	if (!strcmp(when, "hang")) for (;;) pause();
	*code = (LONG)value;
	return strcmp(when, "after") ? 1 : 2;
}

#define CALL(name, type, args) \
	static int count; LONG code = 0, r; \
	int how = due(#name, &count, &code); \
	if (how == 1) return code; \
	r = ((LONG (*) type)real(#name)) args; \
	return how == 2 ? code : r;

LONG SCardEstablishContext(DWORD a, LPCVOID b, LPCVOID c, LPSCARDCONTEXT d) {
	CALL(SCardEstablishContext, (DWORD, LPCVOID, LPCVOID, LPSCARDCONTEXT), (a, b, c, d)) }
LONG SCardReleaseContext(SCARDCONTEXT a) { CALL(SCardReleaseContext, (SCARDCONTEXT), (a)) }
LONG SCardIsValidContext(SCARDCONTEXT a) { CALL(SCardIsValidContext, (SCARDCONTEXT), (a)) }
LONG SCardCancel(SCARDCONTEXT a) { CALL(SCardCancel, (SCARDCONTEXT), (a)) }
LONG SCardListReaders(SCARDCONTEXT a, LPCSTR b, LPSTR c, LPDWORD d) {
	CALL(SCardListReaders, (SCARDCONTEXT, LPCSTR, LPSTR, LPDWORD), (a, b, c, d)) }
LONG SCardListReaderGroups(SCARDCONTEXT a, LPSTR b, LPDWORD c) {
	CALL(SCardListReaderGroups, (SCARDCONTEXT, LPSTR, LPDWORD), (a, b, c)) }
LONG SCardFreeMemory(SCARDCONTEXT a, LPCVOID b) { CALL(SCardFreeMemory, (SCARDCONTEXT, LPCVOID), (a, b)) }
LONG SCardGetStatusChange(SCARDCONTEXT a, DWORD b, SCARD_READERSTATE *c, DWORD d) {
	CALL(SCardGetStatusChange, (SCARDCONTEXT, DWORD, SCARD_READERSTATE *, DWORD), (a, b, c, d)) }
LONG SCardConnect(SCARDCONTEXT a, LPCSTR b, DWORD c, DWORD d, LPSCARDHANDLE e, LPDWORD f) {
	CALL(SCardConnect, (SCARDCONTEXT, LPCSTR, DWORD, DWORD, LPSCARDHANDLE, LPDWORD), (a, b, c, d, e, f)) }
LONG SCardReconnect(SCARDHANDLE a, DWORD b, DWORD c, DWORD d, LPDWORD e) {
	CALL(SCardReconnect, (SCARDHANDLE, DWORD, DWORD, DWORD, LPDWORD), (a, b, c, d, e)) }
LONG SCardDisconnect(SCARDHANDLE a, DWORD b) { CALL(SCardDisconnect, (SCARDHANDLE, DWORD), (a, b)) }
LONG SCardBeginTransaction(SCARDHANDLE a) { CALL(SCardBeginTransaction, (SCARDHANDLE), (a)) }
LONG SCardEndTransaction(SCARDHANDLE a, DWORD b) { CALL(SCardEndTransaction, (SCARDHANDLE, DWORD), (a, b)) }
LONG SCardStatus(SCARDHANDLE a, LPSTR b, LPDWORD c, LPDWORD d, LPDWORD e, LPBYTE f, LPDWORD g) {
	CALL(SCardStatus, (SCARDHANDLE, LPSTR, LPDWORD, LPDWORD, LPDWORD, LPBYTE, LPDWORD), (a, b, c, d, e, f, g)) }
LONG SCardControl(SCARDHANDLE a, DWORD b, LPCVOID c, DWORD d, LPVOID e, DWORD f, LPDWORD g) {
	CALL(SCardControl, (SCARDHANDLE, DWORD, LPCVOID, DWORD, LPVOID, DWORD, LPDWORD), (a, b, c, d, e, f, g)) }
LONG SCardTransmit(SCARDHANDLE a, const SCARD_IO_REQUEST *b, LPCBYTE c, DWORD d, SCARD_IO_REQUEST *e, LPBYTE f, LPDWORD g) {
	CALL(SCardTransmit, (SCARDHANDLE, const SCARD_IO_REQUEST *, LPCBYTE, DWORD, SCARD_IO_REQUEST *, LPBYTE, LPDWORD), (a, b, c, d, e, f, g)) }
LONG SCardGetAttrib(SCARDHANDLE a, DWORD b, LPBYTE c, LPDWORD d) {
	CALL(SCardGetAttrib, (SCARDHANDLE, DWORD, LPBYTE, LPDWORD), (a, b, c, d)) }
LONG SCardSetAttrib(SCARDHANDLE a, DWORD b, LPCBYTE c, DWORD d) {
	CALL(SCardSetAttrib, (SCARDHANDLE, DWORD, LPCBYTE, DWORD), (a, b, c, d)) }
