package trust

import (
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
)

// judged is the verdict on a good certificate with this evidence.
func judged(t *testing.T, at Moment, evidence ...Evidence) Verdict {
	t.Helper()
	ca := newAuthority(t, cert.SignCA, 1, nil)
	c := ca.issue(nil)
	for i := range evidence {
		evidence[i].Certificate = c
	}
	return trusting(ca).Check(c, cas(ca), cert.Sign, at).WithRevocation(evidence, now)
}

func goodEvidence() Evidence {
	return Evidence{State: RevocationGood, ThisUpdate: thisUpdate, NextUpdate: nextUpdate}
}

func revokedEvidence(since time.Time) Evidence {
	e := goodEvidence()
	e.State, e.RevokedAt, e.Since = RevocationRevoked, since, since
	return e
}

func TestWithRevocation(t *testing.T) {
	lastWeek, yesterday := now.AddDate(0, 0, -7), now.AddDate(0, 0, -1)
	stale := func(e Evidence) Evidence {
		e.ThisUpdate, e.NextUpdate = now.AddDate(0, 0, -3), yesterday
		return e
	}
	held := func(e Evidence) Evidence { e.Reason = certificateHold; return e }
	future := goodEvidence()
	future.ThisUpdate = now.Add(skew + time.Second)
	failed, unknown := Evidence{Err: ErrNonce}, goodEvidence()
	unknown.State = RevocationUnknown
	noNext := Evidence{State: RevocationGood, ThisUpdate: now.Add(-freshFor)}
	noNextOld := Evidence{State: RevocationGood, ThisUpdate: now.Add(-freshFor - skew - time.Second)}
	justOver := stale(goodEvidence())
	justOver.NextUpdate = now.Add(-skew)
	claimed := func(at time.Time) Moment { return Moment{Time: now, Claimed: at} }
	stamped := func(at time.Time) Moment { return Moment{Time: at, Proven: true, Latest: true} }
	then := Moment{Time: lastWeek, Proven: true}

	for what, test := range map[string]struct {
		at       Moment
		evidence []Evidence
		state    Revocation
		status   Status
		code     Code
		err      error
	}{
		"nobody asked":                     {unproven, nil, RevocationNotChecked, ValidRevocationUnchecked, "", nil},
		"good":                             {unproven, []Evidence{goodEvidence()}, RevocationGood, Valid, "", nil},
		"good now":                         {proven, []Evidence{goodEvidence()}, RevocationGood, Valid, "", nil},
		"good, no end said":                {proven, []Evidence{noNext}, RevocationGood, Valid, "", nil},
		"good, clocks apart":               {proven, []Evidence{justOver}, RevocationGood, Valid, "", nil},
		"good, out of date":                {unproven, []Evidence{stale(goodEvidence())}, RevocationUnknown, Indeterminate, TryLater, ErrStale},
		"no end said, out of date":         {proven, []Evidence{noNextOld}, RevocationUnknown, Indeterminate, TryLater, ErrStale},
		"out of date, later than proven":   {then, []Evidence{stale(goodEvidence())}, RevocationGood, Valid, "", nil},
		"older than proven":                {at(now, 0, true), []Evidence{stale(goodEvidence())}, RevocationUnknown, Indeterminate, TryLater, ErrStale},
		"a question about the future":      {at(now, 48*time.Hour, true), []Evidence{goodEvidence()}, RevocationUnknown, Indeterminate, TryLater, ErrStale},
		"from the future":                  {proven, []Evidence{future}, RevocationUnknown, Indeterminate, TryLater, ErrFuture},
		"unknown":                          {proven, []Evidence{unknown}, RevocationUnknown, Indeterminate, TryLater, ErrUnknownToSource},
		"a bad answer":                     {unproven, []Evidence{failed}, RevocationUnknown, Indeterminate, TryLater, ErrNonce},
		"the first bad answer":             {unproven, []Evidence{failed, unknown}, RevocationUnknown, Indeterminate, TryLater, ErrNonce},
		"good beats what proves nothing":   {unproven, []Evidence{failed, goodEvidence(), unknown}, RevocationGood, Valid, "", nil},
		"revoked beats everything":         {proven, []Evidence{goodEvidence(), failed, revokedEvidence(yesterday)}, RevocationRevoked, Invalid, Revoked, ErrRevoked},
		"revoked now":                      {proven, []Evidence{revokedEvidence(yesterday)}, RevocationRevoked, Invalid, Revoked, ErrRevoked},
		"revoked at that very time":        {then, []Evidence{revokedEvidence(lastWeek)}, RevocationRevoked, Invalid, Revoked, ErrRevoked},
		"revoked as clocks may be apart":   {then, []Evidence{revokedEvidence(lastWeek.Add(skew))}, RevocationRevoked, Invalid, Revoked, ErrRevoked},
		"revoked after the proven time":    {then, []Evidence{revokedEvidence(yesterday)}, RevocationRevokedLater, Valid, "", nil},
		"revoked later, and good":          {then, []Evidence{goodEvidence(), revokedEvidence(yesterday), goodEvidence()}, RevocationRevokedLater, Valid, "", nil},
		"revoked after now":                {proven, []Evidence{revokedEvidence(now.AddDate(0, 0, 1))}, RevocationRevoked, Invalid, Revoked, ErrRevoked},
		"revoked before a timestamp":       {stamped(now), []Evidence{revokedEvidence(yesterday)}, RevocationRevoked, Indeterminate, RevokedNoPOE, ErrRevoked},
		"revoked after a timestamp":        {stamped(lastWeek), []Evidence{revokedEvidence(yesterday)}, RevocationRevokedLater, Valid, "", nil},
		"revoked when it claims, stamped":  {Moment{Time: now, Proven: true, Latest: true, Claimed: yesterday}, []Evidence{revokedEvidence(yesterday)}, RevocationRevoked, Invalid, Revoked, ErrRevoked},
		"revoked, no proof":                {unproven, []Evidence{revokedEvidence(yesterday)}, RevocationRevoked, Indeterminate, RevokedNoPOE, ErrRevoked},
		"revoked after a time unproven":    {Moment{Time: lastWeek}, []Evidence{revokedEvidence(yesterday)}, RevocationRevoked, Indeterminate, RevokedNoPOE, ErrRevoked},
		"revoked after the claimed time":   {claimed(lastWeek), []Evidence{revokedEvidence(yesterday)}, RevocationRevoked, Indeterminate, RevokedNoPOE, ErrRevoked},
		"revoked at the claimed time":      {claimed(yesterday), []Evidence{revokedEvidence(yesterday)}, RevocationRevoked, Invalid, Revoked, ErrRevoked},
		"revoked before the claimed time":  {claimed(now), []Evidence{revokedEvidence(yesterday)}, RevocationRevoked, Invalid, Revoked, ErrRevoked},
		"revoked, as an old list says":     {proven, []Evidence{stale(revokedEvidence(lastWeek))}, RevocationRevoked, Invalid, Revoked, ErrRevoked},
		"on hold":                          {proven, []Evidence{held(revokedEvidence(lastWeek))}, RevocationRevoked, Invalid, Revoked, ErrRevoked},
		"was on hold, as an old list says": {proven, []Evidence{stale(held(revokedEvidence(lastWeek)))}, RevocationUnknown, Indeterminate, TryLater, ErrStale},
	} {
		v := judged(t, test.at, test.evidence...)
		if v.Revocation != test.state || v.Status() != test.status {
			t.Errorf("%s: %v, %s %v, want %v, %s", what, v.Revocation, v.Status(), v.Reasons, test.state, test.status)
		}
		switch {
		case test.code == "" && len(v.Reasons) > 0:
			t.Errorf("%s: %v", what, v.Reasons)
		case test.code != "" && (len(v.Reasons) != 1 || v.Reasons[0].Code != test.code || !errors.Is(v.Reasons[0], test.err)):
			t.Errorf("%s: %v, want %s", what, v.Reasons, test.code)
		}
		if len(v.Evidence) != len(test.evidence) {
			t.Errorf("%s: the verdict has %d sources of %d", what, len(v.Evidence), len(test.evidence))
		}
	}
}

// A revocation is the first reason, whatever else there is.
func TestRevokedComesFirst(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, nil)
	c := ca.issue(nil)
	e := revokedEvidence(now.AddDate(0, -1, 0))
	e.Certificate, e.Reason = c, 1
	late := at(validUntil, time.Second, true)
	v := trusting(ca).Check(c, cas(ca), cert.Auth, late).WithRevocation([]Evidence{e}, now)
	var revoked *RevokedError
	if len(v.Reasons) != 3 || v.Reasons[0].Code != Revoked || !errors.As(v.Reasons[0], &revoked) || revoked.Reason != 1 || v.Status() != Invalid {
		t.Errorf("%v", v.Reasons)
	}
	if got, want := revoked.Error(), "the certificate is revoked since 2027-05-01T03:00:00Z (keyCompromise)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A CA may drop an expired certificate from its lists: that it is not there any
// more proves nothing, unless the source says how far back it goes.
func TestExpiredCertificatesAreDropped(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, nil)
	c := ca.issue(func(c *x509.Certificate) { c.NotAfter = now.AddDate(0, -1, 0) })
	then := Moment{Time: now.AddDate(0, -2, 0), Proven: true}
	for what, test := range map[string]struct {
		kept time.Time
		want Revocation
	}{
		"dropped":           {time.Time{}, RevocationUnknown},
		"kept since before": {now.AddDate(-1, 0, 0), RevocationGood},
		"kept since after":  {now.AddDate(0, 0, -3), RevocationUnknown},
	} {
		fromList, applies := ca.list(func(l *x509.RevocationList) {
			if !test.kept.IsZero() {
				l.ExtraExtensions = append(l.ExtraExtensions, extension(t, idExpiredCertsOnCRL, false, marshal(t, test.kept.UTC(), "generalized")))
			}
		}).Check(c, ca.cert)
		a := answer(t, c, ca.cert, goodStatus)
		if !test.kept.IsZero() {
			a.Extensions = append(a.Extensions, extension(t, idArchiveCutoff, false, marshal(t, test.kept.UTC(), "generalized")))
		}
		fromResponder := request(t, c, ca.cert).Check(ca.responder().respond(a), now)
		for _, e := range []Evidence{fromList, fromResponder} {
			v := trusting(ca).Check(c, cas(ca), cert.Sign, then).WithRevocation([]Evidence{e}, now)
			if v.Revocation != test.want || !applies || e.Err != nil {
				t.Errorf("%s: %s: %v %v %v", what, e.Source, v.Revocation, v.Reasons, e.Err)
			}
			if test.want == RevocationUnknown && !errors.Is(v.Reasons[0], ErrExpiredNotListed) {
				t.Errorf("%s: %v", what, v.Reasons)
			}
		}
	}
}

// Nothing is said of a certificate that is under nobody's CA, nor of a CA.
func TestWithRevocationNeedsAChain(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, nil)
	c := ca.issue(nil)
	e := revokedEvidence(now.AddDate(0, -1, 0))
	e.Certificate = c
	forged := newAuthority(t, cert.SignCA, 2, func(c *x509.Certificate) { c.SubjectKeyId = ca.cert.SubjectKeyId }).issue(nil)
	for what, v := range map[string]Verdict{
		"CA not believed": Anchors{}.Check(c, cas(ca), cert.Sign, proven),
		"CA missing":      trusting(ca).Check(c, nil, cert.Sign, proven),
		"forged":          trusting(ca).Check(forged, cas(ca), cert.Sign, proven),
	} {
		if v.Chain != nil {
			t.Errorf("%s: there is a chain", what)
		}
		if got := v.WithRevocation([]Evidence{e}, now); got.Revocation != RevocationNotChecked || len(got.Reasons) != len(v.Reasons) {
			t.Errorf("%s: %v, %v", what, got.Revocation, got.Reasons)
		}
	}
	if v := trusting(ca).CheckCA(ca.cert, proven).WithRevocation([]Evidence{e}, now); v.Status() != Valid || v.Revocation != RevocationNotApplicable {
		t.Errorf("CA: %v %v", v.Status(), v.Revocation)
	}
}

// A revoked certificate of a CA on the way.
func TestRevokedCA(t *testing.T) {
	root, middle, leaf := givenChain(t)
	a := Anchors{Given: []*x509.Certificate{root.cert}}
	of := func(e Evidence, c *x509.Certificate) Evidence { e.Certificate = c; return e }
	good := of(goodEvidence(), leaf)
	for what, test := range map[string]struct {
		at       Moment
		evidence []Evidence
		state    Revocation
		code     Code
	}{
		"only the leaf":      {proven, []Evidence{good}, RevocationNotChecked, ""},
		"both":               {proven, []Evidence{good, of(goodEvidence(), middle.cert)}, RevocationGood, ""},
		"CA unknown":         {proven, []Evidence{good, of(Evidence{Err: ErrNonce}, middle.cert)}, RevocationUnknown, TryLater},
		"CA revoked":         {proven, []Evidence{good, of(revokedEvidence(now), middle.cert)}, RevocationRevoked, Revoked},
		"CA revoked, no POE": {unproven, []Evidence{good, of(revokedEvidence(now), middle.cert)}, RevocationRevoked, RevokedCANoPOE},
		"root revoked":       {proven, []Evidence{good, of(goodEvidence(), middle.cert), of(revokedEvidence(now), root.cert)}, RevocationGood, ""},
	} {
		v := a.Check(leaf, cas(middle), cert.Any, test.at).WithRevocation(test.evidence, now)
		if v.Revocation != test.state {
			t.Errorf("%s: %v", what, v.Revocation)
		}
		if test.code == "" && len(v.Reasons) > 0 || test.code != "" && (len(v.Reasons) != 1 || v.Reasons[0].Code != test.code || !v.Reasons[0].CA) {
			t.Errorf("%s: %v", what, v.Reasons)
		}
	}
}
