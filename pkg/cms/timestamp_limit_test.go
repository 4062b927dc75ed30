package cms

import (
	"crypto"
	"errors"
	"testing"
)

// tokenOf returns a token with this many signers, none of which has signed.
func tokenOf(signers int) []byte {
	sha256 := sequence(newOID("2.16.840.1.101.3.4.2.1").der())
	version := []byte{2, 1, 3}
	info := sequence([]byte{2, 1, 1}, newOID("1.2.3").der(), sequence(sha256, octetString(make([]byte, 32))), []byte{2, 1, 1}, tlv(tagGeneralizedTime, []byte("20260101000000Z")))
	signer := sequence(version, tlv(tagContext, []byte{7}), sha256, sequence(newOID("1.2.840.113549.1.1.11").der()), octetString([]byte{1}))
	var all []byte
	for range signers {
		all = append(all, signer...)
	}
	content := sequence(oidTSTInfo.der(), tlv(tagExplicit, octetString(info)))
	return sequence(oidSignedData.der(), tlv(tagExplicit, sequence(version, tlv(tagSet, sha256), content, tlv(tagSet, all))))
}

// TestTimestampsAreBounded shows that more timestamps, or signers of a
// timestamp, than the limit are refused before a key is used.
func TestTimestampsAreBounded(t *testing.T) {
	for _, signers := range []int{0, 1, 2, 64} {
		_, err := ParseTimestamp(tokenOf(signers))
		if want := signers == 1; (err == nil) != want || err != nil && !errors.Is(err, FormatFailure) {
			t.Errorf("%d signers: %v", signers, err)
		}
	}
	signature := fixture().rsa.sign(t, crypto.SHA256)
	for count, want := range map[int]int{1: 1, MaxTimestamps: MaxTimestamps, MaxTimestamps + 1: MaxTimestamps + 1, 300: MaxTimestamps + 1} {
		var tokens [][]byte
		for range count {
			tokens = append(tokens, tokenOf(1))
		}
		for _, oid := range []OID{oidSignatureTimestamp, oidArchiveTimestamp} {
			stamped, ok := appendTo(signature, signerInfoPath, retagged(tagExplicit|1, setOf(sequence(oid.der(), setOf(tokens...)))))
			if !ok {
				t.Fatal("not stamped")
			}
			found := verified(t, stamped, content)[0].Timestamps
			more := 0
			for _, s := range found {
				if errors.Is(s.Err, ErrMoreTimestamps) {
					more++
				}
			}
			if len(found) != want || (more == 1) != (count > MaxTimestamps) {
				t.Errorf("%d of %v: %d looked at, %d times more", count, oid, len(found), more)
			}
		}
	}
}

// TestTimestampsOfManySignersAreBounded shows that the limit holds for all
// signatures of a file together.
func TestTimestampsOfManySignersAreBounded(t *testing.T) {
	var results Results
	for range 20 {
		results = append(results, Result{
			Outcome: Outcome{Timestamps: make([]SignatureTimestamp, MaxTimestamps)},
			Counter: Results{{Outcome: Outcome{Timestamps: make([]SignatureTimestamp, MaxTimestamps)}}},
		})
	}
	limitTimestamps(results, maxTimestamps)
	whole := 0
	for _, r := range results {
		for _, s := range append(r.Timestamps, r.Counter[0].Timestamps...) {
			if s.Err == nil {
				whole++
			}
		}
		if last := r.Timestamps[len(r.Timestamps)-1]; len(r.Timestamps) < MaxTimestamps && !errors.Is(last.Err, ErrMoreTimestamps) {
			t.Error("timestamps were left out without a word")
		}
	}
	if whole != maxTimestamps {
		t.Errorf("%d timestamps are looked at, want %d", whole, maxTimestamps)
	}
}
