package signing

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"time"

	"github.com/jpki-tools/jpki/internal/fetch"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// Stamper gets timestamps from the authority that --tsa names.
type Stamper struct {
	io      *ui.IO
	now     func() time.Time
	address string
	roots   []*x509.Certificate // from --tsa-ca; nil where it was not given
	timeout time.Duration       // of one attempt; 0 for the usual one
}

// stampAttempts is how often an authority is asked that does not answer.
const stampAttempts = 3

// NewStamper checks --tsa and --tsa-ca; nil where no timestamp is wanted.
func (c *Call) NewStamper(ctx context.Context) (*Stamper, error) {
	if c.TSA == "" {
		if c.TSACA != "" {
			return nil, problem.Misuse(text{JA: "--tsa-ca は --tsa と一緒に使います。", EN: "--tsa-ca goes with --tsa."})
		}
		return nil, nil
	}
	s := &Stamper{io: c.io, now: c.Env.Now, address: c.TSA}
	if c.TSACA != "" {
		var err error
		if s.roots, err = input.Certificates(ctx, c.TSACA); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// get gets a timestamp over content that was checked in full. It is asked for
// outside the card's transaction.
func (s *Stamper) get(ctx context.Context, content []byte) (token []byte, err error) {
	request, err := cms.NewTimestampRequest(crypto.SHA256, content)
	if err != nil {
		return nil, err
	}
	answer, err := s.ask(ctx, request.DER())
	if err != nil {
		return nil, err
	}
	stamp, by, err := request.Answer(answer)
	if err != nil {
		return nil, s.refused(err)
	}
	// The time is now, and not only when the authority says that it is.
	if now := s.now(); now.Before(by.NotBefore) || now.After(by.NotAfter) {
		return nil, s.refused(errStampExpired)
	}
	if s.roots != nil {
		v := trust.Anchors{TSA: s.roots}.CheckTSA(by, stamp.Certificates(), stamp.Time, s.now())
		if len(v.Reasons) > 0 {
			return nil, s.refused(v.Reasons[0])
		}
	}
	return stamp.Token, nil
}

// errStampExpired is an authority whose certificate is not in force.
var errStampExpired = errors.New("the certificate of the timestamping authority is not in force")

func (s *Stamper) ask(ctx context.Context, query []byte) (answer []byte, err error) {
	for attempt := range stampAttempts {
		if attempt > 0 {
			s.io.Note(text{JA: "%sから応答がありません。もう一度試します(%d/%d)。", EN: "No answer from %s. Trying again (%d of %d)."}.With(s.address, attempt+1, stampAttempts))
			select {
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			case <-time.After(time.Duration(attempt) * time.Second):
			}
		}
		answer, err = fetch.Do(ctx, fetch.Request{
			Address: s.address, Body: query, Type: cms.TimestampQueryType, Accept: cms.TimestampReplyType, Timeout: s.timeout,
		})
		if !errors.Is(err, fetch.ErrNoAnswer) {
			break
		}
	}
	return answer, err
}

func (s *Stamper) refused(cause error) error {
	return problem.New(problem.Failed,
		text{JA: "%sのタイムスタンプは使えないため、署名を保存しませんでした。%s", EN: "The timestamp of %s cannot be used, so the signature was not saved. %s"}.With(s.address, stampFault(cause)),
		text{JA: "--tsa と --tsa-ca を確かめるか、別のタイムスタンプ局を指定してください。", EN: "Check --tsa and --tsa-ca, or name another authority."}).Because(cause)
}

// stampFault says what is wrong with the answer of an authority.
func stampFault(cause error) text {
	if refused, ok := errors.AsType[*cms.RefusedError](cause); ok {
		return text{JA: "局が発行を断りました(PKIStatus %d)。", EN: "The authority refused it (PKIStatus %d)."}.With(refused.Status)
	}
	for _, known := range stampFaults {
		if errors.Is(cause, known.cause) {
			return known.text
		}
	}
	return text{JA: "詳細: %s", EN: "Detail: %s."}.With(cause.Error())
}

var stampFaults = []struct {
	cause error
	text  text
}{
	{cms.ErrOtherNonce, text{JA: "別の要求への応答です。", EN: "It answers another request."}},
	{cms.ErrOtherContent, text{JA: "別の内容のタイムスタンプです。", EN: "It is over something else."}},
	{cms.ErrNotTimestamping, text{JA: "局の証明書は、タイムスタンプ専用のものではありません。", EN: "The authority's certificate is not one for timestamps alone."}},
	{errStampExpired, text{JA: "局の証明書の有効期間内ではありません。このパソコンの日付と時刻も確かめてください。", EN: "The authority's certificate is not in force. Check the date and time of this computer, too."}},
	{trust.ErrTSA, text{JA: "局の証明書は、--tsa-ca の認証局が発行したものではありません。", EN: "The authority's certificate does not lead to a CA of --tsa-ca."}},
	{cms.FormatFailure, text{JA: "応答をタイムスタンプとして読めません。", EN: "The answer cannot be read as a timestamp."}},
	{cms.SigCryptoFailure, text{JA: "局の署名が正しくありません。", EN: "The authority's signature is wrong."}},
	{cms.HashFailure, text{JA: "局の署名が正しくありません。", EN: "The authority's signature is wrong."}},
	{cms.NoSigningCertificateFound, text{JA: "応答に局の証明書がありません。", EN: "The authority's certificate is not in the answer."}},
	{cms.CryptoConstraintsFailureNoPOE, text{JA: "弱い方式(SHA-1など)で作られています。", EN: "It is made in a weak way (SHA-1 or a short key)."}},
	{cms.CryptoConstraintsFailure, text{JA: "弱い方式(SHA-1など)か、対応していない方式です。", EN: "It is made in a weak way (SHA-1 or a short key), or in one that is not supported."}},
}
