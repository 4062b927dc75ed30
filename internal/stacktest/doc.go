// Package stacktest tests the real program on the real stack: jpki as it is
// built for people, with either PC/SC backend, talks through libpcsclite and
// pcscd to a card in a reader of vpcd, and OpenSC uses the same card. The card
// is the virtual one, which tells the tests every command that reached it.
//
// The tests have the build tag pcscd and want a pcscd of their own:
//
//	bash .ci/stack go test -tags pcscd ./internal/stacktest
package stacktest
