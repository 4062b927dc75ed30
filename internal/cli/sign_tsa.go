package cli

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"time"

	"github.com/jpki-tools/jpki/internal/fetch"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// stamper gets timestamps from the authority that --tsa names.
type stamper struct {
	app     *app
	address string
	roots   []*x509.Certificate // from --tsa-ca; nil where it was not given
}

// stampAttempts is how often an authority is asked that does not answer.
const stampAttempts = 3

// newStamper checks --tsa and --tsa-ca; nil where no timestamp is wanted.
func (a *app) newStamper(opt *signOptions) (*stamper, error) {
	if opt.tsa == "" {
		if opt.tsaCA != "" {
			return nil, usage(text{JA: "--tsa-ca は --tsa と一緒に使います。", EN: "--tsa-ca goes with --tsa."})
		}
		return nil, nil
	}
	s := &stamper{app: a, address: opt.tsa}
	if opt.tsaCA != "" {
		var err error
		if s.roots, err = readCertificates(opt.tsaCA); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// readCertificates reads all certificates of a PEM file, or the one of a DER
// file.
func readCertificates(path string) (all []*x509.Certificate, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return nil, err
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := cert.Parse(block.Bytes)
		if err != nil {
			return nil, notCertificate(path, err)
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		c, err := cert.Parse(data)
		if err != nil {
			return nil, notCertificate(path, err)
		}
		all = append(all, c)
	}
	return all, nil
}

func notCertificate(path string, cause error) error {
	return problem.New(problem.Input,
		text{JA: "%sは証明書として読めません。", EN: "%s cannot be read as a certificate."}.With(path),
		text{JA: "PEMかDERのX.509証明書を指定してください。", EN: "Give an X.509 certificate in PEM or DER."}).Because(cause)
}

// get gets a timestamp over content that was checked in full. It is asked for
// outside the card's transaction.
func (s *stamper) get(ctx context.Context, content []byte) (token []byte, err error) {
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
	if s.roots != nil {
		if err := trust.CheckTSA(by, stamp.Certificates(), s.roots, stamp.Time); err != nil {
			return nil, s.refused(err)
		}
	} else if now := s.app.now(); !by.NotBefore.Before(now) || !by.NotAfter.After(now) {
		return nil, s.refused(trust.ErrTSA)
	}
	return stamp.Token, nil
}

func (s *stamper) ask(ctx context.Context, query []byte) (answer []byte, err error) {
	for attempt := range stampAttempts {
		if attempt > 0 {
			select {
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			case <-time.After(time.Duration(attempt) * time.Second):
			}
		}
		answer, err = fetch.Do(ctx, fetch.Request{
			Address: s.address, Body: query, Type: cms.TimestampQueryType, Accept: cms.TimestampReplyType,
		})
		if !errors.Is(err, fetch.ErrNoAnswer) {
			break
		}
	}
	return answer, err
}

func (s *stamper) refused(cause error) error {
	return problem.New(problem.Failed,
		text{JA: "%sのタイムスタンプは使えないため、署名を保存しませんでした: %s", EN: "The timestamp of %s is not good, so the signature was not saved: %s"}.With(s.address, cause.Error()),
		text{JA: "別のタイムスタンプ局を --tsa で指定してください。", EN: "Name another authority with --tsa."}).Because(cause)
}

// fetchReasons says why nothing was fetched.
var fetchReasons = map[error]text{
	fetch.ErrAddress:   {JA: "アドレスは http か https にしてください", EN: "the address has to be one of http or https"},
	fetch.ErrPrivate:   {JA: "このネットワークの中のアドレスです", EN: "the address lies inside this network"},
	fetch.ErrRedirect:  {JA: "別のサーバーへ転送されました", EN: "it redirects to another host"},
	fetch.ErrTooLarge:  {JA: "応答が大きすぎます", EN: "the answer is too large"},
	fetch.ErrNoAnswer:  {JA: "応答がありません", EN: "there is no answer"},
	fetch.ErrStatus:    {JA: "サーバーが断りました", EN: "the server refuses"},
	fetch.ErrMediaType: {JA: "応答の種類が違います", EN: "the answer is of another kind"},
}

// explainFetch explains what was not fetched.
func explainFetch(err error) *problem.Problem {
	var failed *fetch.Error
	if !errors.As(err, &failed) {
		return nil
	}
	return problem.New(problem.Failed,
		text{JA: "%sから受け取れませんでした: %s。", EN: "Nothing came from %s: %s."}.With(failed.Address, fetchReasons[failed.Reason]),
		text{JA: "アドレスとネットワークを確かめてください。", EN: "Check the address and the network."})
}
