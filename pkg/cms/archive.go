package cms

import (
	"bytes"
	"crypto"
	"errors"
	"slices"
	"time"
)

// This file knows archive-time-stamp-v3 and the values that belong to it (ETSI
// EN 319 122-1, 5.5): CAdES-B-LT and B-LTA.

var (
	oidArchiveTimestamp = newOID("0.4.0.1733.2.4")       // EN 319 122-1, 5.5.3
	oidHashIndex        = newOID("0.4.0.19122.1.5")      // ats-hash-index-v3, 5.5.2
	oidOCSPResponse     = newOID("1.3.6.1.5.5.7.16.2")   // RFC 5940, 2.1
	oidAdobeRevocation  = newOID("1.2.840.113583.1.1.8") // ISO 32000-2, 12.8.3.3.2
	tagOther            = byte(tagExplicit | 1)          // OtherRevocationInfoFormat
	errIncomplete       = errors.New("cms: the archive timestamp leaves something out that came before it")
)

// Revocations are the CRLs and OCSP responses that came along, each in DER.
// They are not signed.
func (sd *SignedData) Revocations() (crls, ocsps [][]byte) { return revocations(sd.CRLs) }

// revocations tells CRLs from OCSP responses among RevocationInfoChoices.
func revocations(choices [][]byte) (crls, ocsps [][]byte) {
	for _, choice := range choices {
		if choice[0] == tagSequence {
			crls = append(crls, choice)
			continue
		}
		in := read(choice, "OtherRevocationInfoFormat")
		other := in.enter(tagOther, in.name)
		if other.oid() != oidOCSPResponse {
			continue
		}
		if response := other.take(tagSequence).full; in.failed == nil {
			ocsps = append(ocsps, response)
		}
	}
	return crls, ocsps
}

// archival reads the revocation data that PDF programs sign along with a document
// (adbe-revocationInfoArchival). What is none says nothing against a signature.
func (si *SignerInfo) archival() (crls, ocsps [][]byte) {
	for _, a := range si.Signed {
		if a.Type != oidAdobeRevocation || len(a.Values) != 1 {
			continue
		}
		in := read(a.Values[0], "RevocationInfoArchival")
		body := in.enter(tagSequence, in.name)
		for _, part := range []struct {
			tag byte
			to  *[][]byte
		}{{tagExplicit, &crls}, {tagExplicit | 1, &ocsps}} {
			if !body.at(part.tag) {
				continue
			}
			list := body.enter(part.tag, in.name).enter(tagSequence, in.name)
			for list.more() {
				if e := list.take(tagSequence); list.failed == nil {
					*part.to = append(*part.to, e.full)
				}
			}
		}
	}
	return crls, ocsps
}

// hashIndex is an ATSHashIndex-v3: the parts of the signature that an archive
// timestamp covers.
type hashIndex struct {
	hash                             crypto.Hash
	certificates, crls, unsignedAttr [][]byte
	encoded                          []byte
}

func (c *cursor) hashIndex() (x hashIndex) {
	e := c.take(tagSequence)
	c.done()
	x.encoded = e.full
	in := c.within(e, "ATSHashIndex")
	x.hash = crypto.SHA256 // where a program leaves out the default
	if lists := *in; len(lists.rest) > 2 && lists.enter(tagSequence, in.name).at(tagOID) {
		var f *Failure
		if x.hash, f = in.algorithm("hashIndAlgorithm").digest(); f != nil && in.failed == nil {
			in.failed = f
		}
	}
	for _, list := range []*[][]byte{&x.certificates, &x.crls, &x.unsignedAttr} {
		hashes := in.enter(tagSequence, in.name)
		for hashes.more() {
			*list = append(*list, hashes.octetString())
		}
	}
	in.done()
	return x
}

// newHashIndex is the index of all that is there.
func newHashIndex(h crypto.Hash, sd *SignedData, si *SignerInfo) hashIndex {
	x := hashIndex{hash: h, unsignedAttr: hashAttributes(h, si.Unsigned)}
	for _, c := range sd.rawCertificates {
		x.certificates = append(x.certificates, sum(h, c))
	}
	for _, c := range sd.CRLs {
		x.crls = append(x.crls, sum(h, c))
	}
	list := func(hashes [][]byte) []byte {
		var parts [][]byte
		for _, h := range hashes {
			parts = append(parts, octetString(h))
		}
		return sequence(parts...)
	}
	id, _ := digestOID(h)
	x.encoded = sequence(sequence(id.der()), list(x.certificates), list(x.crls), list(x.unsignedAttr))
	return x
}

// archiveHashes are the digests of the content that archive timestamps are over.
func (si *SignerInfo) archiveHashes() (hashes []crypto.Hash) {
	for _, a := range si.Unsigned {
		if a.Type != oidArchiveTimestamp {
			continue
		}
		for _, token := range a.Values[:min(len(a.Values), MaxTimestamps)] {
			if t, err := ParseTimestamp(token); err == nil && !slices.Contains(hashes, t.Hash) {
				hashes = append(hashes, t.Hash)
			}
		}
	}
	return hashes
}

// hashAttributes hashes each value of the attributes with its type.
func hashAttributes(h crypto.Hash, attributes []Attribute) (hashes [][]byte) {
	for _, a := range attributes {
		for _, v := range a.Values {
			hashes = append(hashes, sum(h, slices.Concat(a.Type.der(), v)))
		}
	}
	return hashes
}

// contains reports whether every hash that is named is among those of the
// signature. Both lists can be as long as the signature.
func contains(there, named [][]byte) bool {
	set := make(map[string]bool, len(there))
	for _, t := range there {
		set[string(t)] = true
	}
	return !slices.ContainsFunc(named, func(n []byte) bool { return !set[string(n)] })
}

// archived is the content of an archive timestamp (EN 319 122-1, 5.5.3): the
// type of the content, its digest, the signer's part of the signature, and the
// index.
func (sd *SignedData) archived(si *SignerInfo, contentDigest []byte, index hashIndex) []byte {
	return slices.Concat(sd.ContentType.der(), contentDigest, si.core, index.encoded)
}

// archives reads the archive timestamps over a signer's signature, the oldest
// first.
func (sd *SignedData) archives(si *SignerInfo, content *Content) (found []SignatureTimestamp) {
	made := map[crypto.Hash]hashIndex{} // of the signature
all:
	for _, a := range si.Unsigned {
		if a.Type != oidArchiveTimestamp {
			continue
		}
		for _, token := range a.Values {
			if len(found) == MaxTimestamps {
				found = append(found, SignatureTimestamp{Archive: true, Err: ErrMoreTimestamps})
				break all
			}
			found = append(found, sd.archive(si, content, token, made))
		}
	}
	slices.SortStableFunc(found, func(a, b SignatureTimestamp) int { return a.time().Compare(b.time()) })
	return found
}

func (s SignatureTimestamp) time() (t time.Time) {
	if s.Timestamp != nil {
		t = s.Timestamp.Time
	}
	return t
}

func (sd *SignedData) archive(si *SignerInfo, content *Content, token []byte, made map[crypto.Hash]hashIndex) (s SignatureTimestamp) {
	s.Archive = true
	if s.Timestamp, s.Err = ParseTimestamp(token); s.Err != nil {
		return s
	}
	index, f := s.Timestamp.hashIndex()
	switch {
	case f != nil:
		s.Err = f
		return s
	case content.Digest(s.Timestamp.Hash) == nil:
		s.Err = failure(SignedDataNotFound, "the content's %v digest was not given", s.Timestamp.Hash)
		return s
	}
	if index.hash == crypto.SHA1 {
		s.Err = failure(CryptoConstraintsFailureNoPOE, "with an index of SHA-1, for which collisions can be made")
		return s
	}
	s.Content = sd.archived(si, content.Digest(s.Timestamp.Hash), index)
	now, ok := made[index.hash]
	if !ok {
		now = newHashIndex(index.hash, sd, si)
		made[index.hash] = now
	}
	if !contains(now.certificates, index.certificates) || !contains(now.crls, index.crls) || !contains(now.unsignedAttr, index.unsignedAttr) {
		s.Err = failure(HashFailure, "the archive timestamp covers what is not there any more")
		return s
	}
	var covered [][]byte
	for i, choice := range sd.CRLs {
		if contains(index.crls, now.crls[i:i+1]) {
			covered = append(covered, choice)
		}
	}
	s.CRLs, s.OCSPs = revocations(covered)
	// It is to prove that the timestamps before it are older: so it has to
	// cover them.
	var before []Attribute
	for _, a := range si.Unsigned {
		earlier := Attribute{Type: a.Type}
		for _, v := range a.Values {
			if a.Type == oidSignatureTimestamp || a.Type == oidArchiveTimestamp && isBefore(v, s.Timestamp.Time) {
				earlier.Values = append(earlier.Values, v)
			}
		}
		before = append(before, earlier)
	}
	if !contains(index.unsignedAttr, hashAttributes(index.hash, before)) {
		s.Err = errIncomplete
	}
	return s
}

func isBefore(token []byte, t time.Time) bool {
	earlier, err := ParseTimestamp(token)
	return err == nil && earlier.Time.Before(t)
}

// hashIndex reads the index that the token brings along.
func (t *Timestamp) hashIndex() (x hashIndex, f *Failure) {
	if len(t.signed.Signers) != 1 {
		return x, failure(FormatFailure, "archive timestamp of %d signers", len(t.signed.Signers))
	}
	c, f := required(t.signed.Signers[0].Unsigned, oidHashIndex, "ats-hash-index-v3")
	if f != nil {
		return x, f
	}
	x = c.hashIndex()
	return x, c.failed
}

// Archiving is an archive timestamp to be.
type Archiving struct {
	signature []byte
	index     []byte
	// Content is the content for the timestamp.
	Content []byte
}

// NewArchiving lays out an archive timestamp over the signature of the only
// signer, its content given by a digest with h, all that came along included.
// h has to be one that [SignedData.Hashes] names, so that every verifier has
// the digest.
func NewArchiving(signature []byte, content *Content, h crypto.Hash) (*Archiving, error) {
	sd, err := Parse(signature)
	if err != nil {
		return nil, err
	}
	if len(sd.Signers) != 1 {
		return nil, ErrNotOurs
	}
	if !sd.Detached() {
		content = sd.hashContent()
	}
	digest := content.Digest(h)
	if digest == nil || h == crypto.SHA1 {
		return nil, ErrHash
	}
	si := &sd.Signers[0]
	index := newHashIndex(h, sd, si)
	return &Archiving{signature, index.encoded, sd.archived(si, digest, index)}, nil
}

// Add puts the token that an authority gave over Content into the signature.
func (a *Archiving) Add(token []byte) ([]byte, error) {
	token, err := addUnsigned(token, oidHashIndex, a.index)
	if err != nil {
		return nil, err
	}
	return addUnsigned(a.signature, oidArchiveTimestamp, token)
}

// AddSignatureTimestamp puts a token over [SignatureValue] into a signature of
// one signer, whatever unsigned attributes it has already.
func AddSignatureTimestamp(signature, token []byte) ([]byte, error) {
	if _, err := ParseTimestamp(token); err != nil {
		return nil, err
	}
	return addUnsigned(signature, oidSignatureTimestamp, token)
}

// AddValidation puts certificates, CRLs and OCSP responses into a signature,
// each in DER, that are not in it yet: CAdES-B-LT (EN 319 122-1, 6.3). It
// changes nothing that is signed.
func AddValidation(signature []byte, certificates, crls, ocsps [][]byte) ([]byte, error) {
	for _, o := range ocsps {
		crls = append(crls[:len(crls):len(crls)], tlv(tagOther, oidOCSPResponse.der(), o))
	}
	return editSignedData(signature, func(parts [][]byte) ([][]byte, bool) {
		at := 3 // behind version, digestAlgorithms and encapContentInfo
		for _, set := range []struct {
			tag   byte
			added [][]byte
		}{{tagExplicit, certificates}, {tagExplicit | 1, crls}} {
			there := at < len(parts) && parts[at][0] == set.tag
			var all [][]byte
			if there {
				var ok bool
				if all, ok = children(parts[at]); !ok {
					return nil, false
				}
			}
			for _, a := range set.added {
				if !slices.ContainsFunc(all, func(b []byte) bool { return bytes.Equal(a, b) }) {
					all = append(all, a)
				}
			}
			switch encoded := retagged(set.tag, setOf(all...)); {
			case there:
				parts[at] = encoded
			case len(all) > 0:
				parts = slices.Insert(parts, at, encoded)
			default:
				at--
			}
			at++
		}
		if len(ocsps) > 0 {
			parts[0] = []byte{tagInteger, 1, 5} // RFC 5652, 5.1: other revocation information
		}
		return parts, true
	})
}

// addUnsigned adds an unsigned attribute with one value to the only signer. An
// attribute of that type that is there gets one more value.
func addUnsigned(signature []byte, t OID, value []byte) ([]byte, error) {
	return editSignedData(signature, func(parts [][]byte) ([][]byte, bool) {
		last := len(parts) - 1
		infos, ok := children(parts[last])
		if !ok || len(infos) != 1 || parts[last][0] != tagSet {
			return nil, false
		}
		fields, ok := children(infos[0])
		if !ok || len(fields) == 0 {
			return nil, false
		}
		var attributes [][]byte
		if end := fields[len(fields)-1]; end[0] == tagExplicit|1 {
			if attributes, ok = children(end); !ok {
				return nil, false
			}
			fields = fields[:len(fields)-1]
		}
		attributes = append(attributes, newAttribute(t, value))
		fields = append(fields, retagged(tagExplicit|1, setOf(attributes...)))
		parts[last] = tlv(tagSet, sequence(fields...))
		return parts, true
	})
}

// editSignedData changes the elements of SignedData and writes the lengths
// around them anew.
func editSignedData(signature []byte, edit func([][]byte) ([][]byte, bool)) ([]byte, error) {
	if _, err := Parse(signature); err != nil {
		return nil, err
	}
	info, ok := children(signature)
	if !ok || len(info) != 2 {
		return nil, ErrNotOurs
	}
	outer, ok := children(info[1])
	if !ok || len(outer) != 1 {
		return nil, ErrNotOurs
	}
	parts, ok := children(outer[0])
	if !ok || len(parts) < 4 {
		return nil, ErrNotOurs
	}
	if parts, ok = edit(parts); !ok {
		return nil, ErrNotOurs
	}
	return sequence(info[0], tlv(tagExplicit, sequence(parts...))), nil
}

// children are the elements inside the element that encoded is.
func children(encoded []byte) (all [][]byte, ok bool) {
	in := read(encoded, "")
	inside := in.within(in.next(), "")
	in.done()
	for inside.more() {
		all = append(all, inside.next().full)
	}
	return all, in.failed == nil
}
