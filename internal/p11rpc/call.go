package p11rpc

import "context"

// call is a PKCS #11 call of the protocol: the signature of its request, the
// signature of its answer, and its action. A call without run is not served.
//
// Letters of a signature: y a byte, u a CK_ULONG, v a version, s a padded text,
// z a text, M a mechanism, A an attribute; "a" before one is an array, "f" the
// room that the client has for one.
type call struct {
	request, answer string
	run             func(context.Context, Module, *reader, *writer) error
}

// calls are the calls of PKCS #11 2.40 under p11-kit's numbers, and those of
// 3.0 that cancel an operation.
var calls = map[uint32]call{
	1:  {"ayyay", "", initialize},
	2:  {"", "", func(_ context.Context, m Module, r *reader, _ *writer) error { return m.Finalize() }},
	3:  {"", "vsusv", info},
	4:  {"yfu", "au", slotList},
	5:  {"u", "ssuvv", slotInfo},
	6:  {"u", "ssssuuuuuuuuuuuvvs", tokenInfo},
	7:  {"ufu", "au", mechanismList},
	8:  {"uu", "uuu", mechanismInfo},
	9:  {"uayz", "", nil}, // C_InitToken
	10: {"uu", "u", openSession},
	11: {"u", "", ofSession(Module.CloseSession)},
	12: {"u", "", closeAllSessions},
	13: {"u", "uuuu", sessionInfo},
	14: {"uay", "", nil},   // C_InitPIN
	15: {"uayay", "", nil}, // C_SetPIN
	16: {"ufy", "ay", nil}, // C_GetOperationState
	17: {"uayuu", "", nil}, // C_SetOperationState
	18: {"uuay", "", login},
	19: {"u", "", ofSession(Module.Logout)},
	20: {"uaA", "u", nil},  // C_CreateObject
	21: {"uuaA", "u", nil}, // C_CopyObject
	22: {"uu", "", nil},    // C_DestroyObject
	23: {"uu", "u", nil},   // C_GetObjectSize
	24: {"uufA", "aAu", attributeValue},
	25: {"uuaA", "", nil}, // C_SetAttributeValue
	26: {"uaA", "", findInit},
	27: {"ufu", "au", find},
	28: {"u", "", ofSession(Module.FindFinal)},
	29: {"uMu", "", nil},     // C_EncryptInit
	30: {"uayfy", "ay", nil}, // C_Encrypt
	31: {"uayfy", "ay", nil}, // C_EncryptUpdate
	32: {"ufy", "ay", nil},   // C_EncryptFinal
	33: {"uMu", "", nil},     // C_DecryptInit
	34: {"uayfy", "ay", nil}, // C_Decrypt
	35: {"uayfy", "ay", nil}, // C_DecryptUpdate
	36: {"ufy", "ay", nil},   // C_DecryptFinal
	37: {"uM", "", nil},      // C_DigestInit
	38: {"uayfy", "ay", nil}, // C_Digest
	39: {"uay", "", nil},     // C_DigestUpdate
	40: {"uu", "", nil},      // C_DigestKey
	41: {"ufy", "ay", nil},   // C_DigestFinal
	42: {"uMu", "", signInit},
	43: {"uayfy", "ay", sign},
	44: {"uay", "", signUpdate},
	45: {"ufy", "ay", signFinal},
	46: {"uMu", "", nil},      // C_SignRecoverInit
	47: {"uayfy", "ay", nil},  // C_SignRecover
	48: {"uMu", "", nil},      // C_VerifyInit
	49: {"uayay", "", nil},    // C_Verify
	50: {"uay", "", nil},      // C_VerifyUpdate
	51: {"uay", "", nil},      // C_VerifyFinal
	52: {"uMu", "", nil},      // C_VerifyRecoverInit
	53: {"uayfy", "ay", nil},  // C_VerifyRecover
	54: {"uayfy", "ay", nil},  // C_DigestEncryptUpdate
	55: {"uayfy", "ay", nil},  // C_DecryptDigestUpdate
	56: {"uayfy", "ay", nil},  // C_SignEncryptUpdate
	57: {"uayfy", "ay", nil},  // C_DecryptVerifyUpdate
	58: {"uMaA", "u", nil},    // C_GenerateKey
	59: {"uMaAaA", "uu", nil}, // C_GenerateKeyPair
	60: {"uMuufy", "ay", nil}, // C_WrapKey
	61: {"uMuayaA", "u", nil}, // C_UnwrapKey
	62: {"uMuaA", "u", nil},   // C_DeriveKey
	63: {"uay", "", nil},      // C_SeedRandom
	64: {"ufy", "ay", nil},    // C_GenerateRandom
	65: {"u", "u", waitForSlotEvent},
	67: {"uu", "", sessionCancel},
}

func initialize(_ context.Context, m Module, r *reader, _ *writer) error {
	r.bytes() // the name of the protocol
	r.byte()
	r.bytes() // x-init-reserved of a module file
	if err := r.err(); err != nil {
		return err
	}
	return m.Initialize()
}

func info(_ context.Context, m Module, _ *reader, w *writer) error {
	i := m.Info()
	w.version(i.Cryptoki)
	w.padded(i.Manufacturer, 32)
	w.ulongs(0)
	w.padded(i.Description, 32)
	w.version(i.Library)
	return nil
}

func slotList(_ context.Context, m Module, r *reader, w *writer) error {
	present, room := r.byte(), r.room()
	if err := r.err(); err != nil {
		return err
	}
	slots, err := m.Slots(present != 0)
	w.ulongsInto(room, slots)
	return err
}

func slotInfo(ctx context.Context, m Module, r *reader, w *writer) error {
	slot := r.ulong()
	if err := r.err(); err != nil {
		return err
	}
	i, err := m.SlotInfo(ctx, slot)
	w.padded(i.Description, 64)
	w.padded(i.Manufacturer, 32)
	w.ulongs(i.Flags)
	w.version(Version{})
	w.version(Version{})
	return err
}

func tokenInfo(ctx context.Context, m Module, r *reader, w *writer) error {
	slot := r.ulong()
	if err := r.err(); err != nil {
		return err
	}
	i, err := m.TokenInfo(ctx, slot)
	w.padded(i.Label, 32)
	w.padded(i.Manufacturer, 32)
	w.padded(i.Model, 16)
	w.padded(i.Serial, 16)
	w.ulongs(i.Flags,
		unlimitedSessions, i.Sessions, unlimitedSessions, 0,
		i.MaxPIN, i.MinPIN,
		unavailable, unavailable, unavailable, unavailable)
	w.version(Version{})
	w.version(Version{})
	w.padded("", 16) // the token has no clock
	return err
}

func mechanismList(_ context.Context, m Module, r *reader, w *writer) error {
	slot, room := r.ulong(), r.room()
	if err := r.err(); err != nil {
		return err
	}
	list, err := m.Mechanisms(slot)
	var types []uint64
	for _, t := range list {
		types = append(types, uint64(t))
	}
	w.ulongsInto(room, types)
	return err
}

func mechanismInfo(_ context.Context, m Module, r *reader, w *writer) error {
	slot, t := r.ulong(), r.ulong()
	if err := r.err(); err != nil {
		return err
	}
	if t >= absent {
		return MechanismInvalid
	}
	i, err := m.MechanismInfo(slot, MechanismType(t))
	w.ulongs(i.MinKey, i.MaxKey, i.Flags)
	return err
}

func openSession(ctx context.Context, m Module, r *reader, w *writer) error {
	slot, flags := r.ulong(), r.ulong()
	if err := r.err(); err != nil {
		return err
	}
	s, err := m.OpenSession(ctx, slot, flags)
	w.ulongs(uint64(s))
	return err
}

// ofSession is a call with nothing but a session.
func ofSession(do func(Module, Handle) error) func(context.Context, Module, *reader, *writer) error {
	return func(_ context.Context, m Module, r *reader, _ *writer) error {
		s := Handle(r.ulong())
		if err := r.err(); err != nil {
			return err
		}
		return do(m, s)
	}
}

func closeAllSessions(_ context.Context, m Module, r *reader, _ *writer) error {
	slot := r.ulong()
	if err := r.err(); err != nil {
		return err
	}
	return m.CloseAllSessions(slot)
}

func sessionInfo(_ context.Context, m Module, r *reader, w *writer) error {
	s := Handle(r.ulong())
	if err := r.err(); err != nil {
		return err
	}
	i, err := m.SessionInfo(s)
	w.ulongs(i.Slot, i.State, i.Flags, 0)
	return err
}

func login(ctx context.Context, m Module, r *reader, _ *writer) error {
	s, user, pin := Handle(r.ulong()), r.ulong(), r.bytes()
	if err := r.err(); err != nil {
		return err
	}
	return m.Login(ctx, s, user, pin)
}

func attributeValue(ctx context.Context, m Module, r *reader, w *writer) error {
	s, object, types := Handle(r.ulong()), Handle(r.ulong()), r.wanted()
	if err := r.err(); err != nil {
		return err
	}
	values, err := m.Attributes(ctx, s, object, types)
	if values == nil && err != nil {
		return err
	}
	w.attributes(types, values)
	if err != nil {
		w.ulongs(uint64(rvOf(err))) // the values that there are come with it
	} else {
		w.ulongs(0)
	}
	return nil
}

func findInit(ctx context.Context, m Module, r *reader, _ *writer) error {
	s, template := Handle(r.ulong()), r.attributes()
	if err := r.err(); err != nil {
		return err
	}
	return m.FindInit(ctx, s, template)
}

func find(_ context.Context, m Module, r *reader, w *writer) error {
	s, room := Handle(r.ulong()), r.room()
	if err := r.err(); err != nil {
		return err
	}
	found, err := m.Find(s, room)
	var handles []uint64
	for _, h := range found {
		handles = append(handles, uint64(h))
	}
	w.ulongsInto(room, handles)
	return err
}

func signInit(_ context.Context, m Module, r *reader, _ *writer) error {
	s := Handle(r.ulong())
	if r.failed || len(r.b) < 8 {
		return errMalformed
	}
	mechanism, ok := parseMechanism(r.take(uint32(len(r.b) - 8)))
	key := Handle(r.ulong())
	switch {
	case !ok || r.err() != nil:
		return MechanismParamInvalid
	case mechanism.Type == noMechanism:
		return m.Cancel(s)
	}
	return m.SignInit(s, mechanism, key)
}

// sign and signFinal answer a client without room before anything is signed: it
// will call again.
func sign(ctx context.Context, m Module, r *reader, w *writer) error {
	s, data, room := Handle(r.ulong()), r.bytes(), r.room()
	if err := r.err(); err != nil {
		return err
	}
	return signInto(m, s, room, w, func() ([]byte, error) { return m.Sign(ctx, s, data) })
}

func signFinal(ctx context.Context, m Module, r *reader, w *writer) error {
	s, room := Handle(r.ulong()), r.room()
	if err := r.err(); err != nil {
		return err
	}
	return signInto(m, s, room, w, func() ([]byte, error) { return m.SignFinal(ctx, s) })
}

func signInto(m Module, s Handle, room int, w *writer, do func() ([]byte, error)) error {
	size, err := m.SignatureSize(s)
	if err != nil {
		return err
	}
	if room < size {
		w.tooSmall(size)
		return nil
	}
	signature, err := do()
	w.bytesInto(room, signature)
	return err
}

func signUpdate(_ context.Context, m Module, r *reader, _ *writer) error {
	s, data := Handle(r.ulong()), r.bytes()
	if err := r.err(); err != nil {
		return err
	}
	return m.SignUpdate(s, data)
}

func waitForSlotEvent(ctx context.Context, m Module, r *reader, w *writer) error {
	const dontBlock = 1
	flags := r.ulong()
	if err := r.err(); err != nil {
		return err
	}
	slot, err := m.WaitForSlotEvent(ctx, flags&dontBlock == 0)
	w.ulongs(slot)
	return err
}

func sessionCancel(_ context.Context, m Module, r *reader, _ *writer) error {
	s := Handle(r.ulong())
	r.ulong() // which: there is one at most that matters
	if err := r.err(); err != nil {
		return err
	}
	return m.Cancel(s)
}
