package judging

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/smime"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// look finds every signature in a file. If there is none, it looks for
// signature files next to it.
func (f *Finder) look(ctx context.Context, t Target) FileFinding {
	path := t.path
	found := FileFinding{file: path, path: path, notes: t.notes}
	here := *f
	here.target = t
	found.signatures, found.err = here.signatures(ctx, path)
	if found.err != nil && t.within == "" && f.mayLieBeside(found.err) {
		f.lookBeside(ctx, &found)
	}
	found.file = t.Name
	if found.err == nil {
		found.notes = append(found.notes, f.features(ctx, path, found.signatures)...)
	}
	return found
}

// mayLieBeside reports whether a file holds no signature itself.
func (f *Finder) mayLieBeside(err error) bool {
	p, ok := problem.As(err)
	return ok && p.Code == problem.Invalid && len(f.Content) == 0 && f.Profile == "" && f.Inside == nil
}

// detachedEndings are the endings of files with signatures over another one, which has
// the same name without.
var detachedEndings = []string{".p7s", ".tsr", ".sig.xml"}

// lookBeside reads the signature files next to a file. The file is their
// content, even if they name another.
func (f *Finder) lookBeside(ctx context.Context, found *FileFinding) {
	over := *f
	over.Content = []string{found.file}
	for _, ending := range detachedEndings {
		path := found.file + ending
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			continue
		}
		signatures, err := over.signatures(ctx, path)
		found.err = err
		if err != nil {
			return
		}
		found.notes = append(found.notes, text{JA: "署名は「%s」にあります", EN: "its signature is in %s"}.With(path))
		found.signatures = append(found.signatures, signatures...)
	}
}

// IsBeside reports the ending of a signature file that lies beside the file that
// it is over.
func IsBeside(ending string) bool { return slices.Contains(detachedEndings, ending) }

// Signed reports whether verify is for a file, folder or ZIP: it has a signature
// in it or beside it, or passes for a signature.
func (f *Finder) Signed(ctx context.Context, name string) bool {
	if IsBeside(strings.ToLower(filepath.Ext(name))) {
		return true
	}
	targets, release, err := Expand(ctx, []string{name})
	if err != nil {
		return false
	}
	defer release()
	return slices.ContainsFunc(targets, func(t Target) bool {
		found := f.look(ctx, t)
		return len(found.signatures) > 0 || found.err != nil && !f.mayLieBeside(found.err)
	})
}

// missingContentError is a detached signature without its content.
type missingContentError struct{ *problem.Problem }

func (e missingContentError) Unwrap() error { return e.Problem }

// IsMissingContent reports whether a signature could be read, and its content
// was not there.
func IsMissingContent(err error) bool {
	_, ok := errors.AsType[missingContentError](err)
	return ok
}

var featureTexts = map[pdfsig.Feature]text{
	pdfsig.Script:         {JA: "JavaScriptを含みます。表示される内容が、開くソフトや時によって変わることがあります", EN: "it has JavaScript: what is shown can change with the program and the time"},
	pdfsig.Launch:         {JA: "ほかのプログラムやファイルを開く動作を含みます", EN: "it has actions that start other programs or open other files"},
	pdfsig.DynamicForm:    {JA: "別の形のフォーム(XFA)を含みます。ソフトによっては、ページの代わりにそれが表示されます", EN: "it has a form (XFA) that some programs show in place of its pages"},
	pdfsig.ExternalStream: {JA: "別のファイルにあるデータを使います。そのデータは署名されていません", EN: "it uses data in other files, which are not signed"},
	pdfsig.ExternalPage:   {JA: "別のファイルのページを表示します。そのページは署名されていません", EN: "it shows pages of other files, which are not signed"},
	pdfsig.Layers:         {JA: "隠れているレイヤーや、プログラムによって、または画面と印刷で、見え方が変わるレイヤーがあります", EN: "it has layers that are hidden, or that show only in some programs, on the screen or in print"},
	pdfsig.PrintOnly:      {JA: "印刷したときにだけ現れるものがあります", EN: "it holds something that shows only in print"},
	pdfsig.Portfolio:      {JA: "PDFポートフォリオです。プログラムによっては、ページの代わりに添付ファイルが表示されます", EN: "it is a portfolio: some programs show the attached files in place of the pages"},
}

// featuresUnseen is the note for a document that could not be searched
// completely.
var featuresUnseen = text{JA: "一部を調べられませんでした。JavaScriptなどを含むかもしれません", EN: "a part of it could not be looked through: there may be JavaScript or the like"}

// features lists the parts of a PDF that act, or lie outside it; nothing of
// other files. Mostly they were found when its signatures were.
func (f *Finder) features(ctx context.Context, path string, signatures []Found) (notes []text) {
	for _, s := range signatures {
		if s.acting != nil {
			return ActingNotes(s.acting)
		}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	head := make([]byte, 1024)
	n, _ := file.ReadAt(head, 0) // an empty file is no PDF
	if input.FormatOf(head[:n]) != "pdf" {
		return nil
	}
	return FeatureNotes(input.CancellableAt(ctx, file), info.Size())
}

// FeatureNotes describes active content in a PDF, and content outside it, one
// sentence each. It returns nothing for an unreadable file.
func FeatureNotes(r io.ReaderAt, size int64) (notes []text) {
	found, complete, err := pdfsig.Features(r, size)
	if err != nil {
		return nil
	}
	return ActingNotes(&pdfsig.Acting{Features: found, Complete: complete})
}

// ActingNotes describes active content in a PDF, and content outside it, one
// sentence each.
func ActingNotes(a *pdfsig.Acting) (notes []text) {
	for _, feature := range a.Features {
		notes = append(notes, featureTexts[feature])
	}
	if !a.Complete {
		notes = append(notes, featuresUnseen)
	}
	return notes
}

// findTimestamp reads a timestamp over a file, in a file of its own.
func (f *Finder) findTimestamp(ctx context.Context, path string, data []byte) ([]Found, error) {
	t, err := cms.ParseTimestampResponse(data)
	if err != nil {
		return nil, problem.New(problem.Invalid,
			text{JA: "「%s」はタイムスタンプとして読めません。", EN: "%s cannot be read as a timestamp."}.With(f.target.shown(path)),
			text{JA: "タイムスタンプ局の応答(.tsr、RFC 3161)を指定してください。", EN: "Name the answer of a timestamping authority (.tsr, RFC 3161)."}).Because(err)
	}
	name, err := f.contentOf(path, ".tsr")
	if err != nil {
		return nil, err
	}
	content, err := f.hashContent(ctx, name, t.Hash)
	if err != nil {
		return nil, err
	}
	s := Stamp{Timestamp: t, Archive: true}
	s.By, s.Err = t.VerifyDigest(content.Digest(t.Hash))
	found := Found{
		Format: "rfc3161", Role: RoleTimestamp, Cert: s.By, certs: t.Certificates(), itself: &s,
		Covers: []text{input.Whole(f.target.shown(name))}, over: []string{name},
	}
	switch {
	case errors.Is(s.Err, cms.ErrOtherContent):
		found.reasons = []trust.Reason{{Code: trust.HashFailure, Err: s.Err}}
	case s.Err != nil:
		found.reasons = trust.ReasonsOf(s.Err)
	}
	return []Found{found}, nil
}

// contentOf is the file that a detached signature is over: the one that was
// named, or the one with the name without the ending.
func (f *Finder) contentOf(path, ending string) (string, error) {
	switch len(f.Content) {
	case 0:
	case 1:
		return f.Content[0], nil
	default:
		return "", problem.Misuse(text{JA: "「%s」の --content は1つだけです。", EN: "%s has one --content only."}.With(f.target.shown(path)))
	}
	name, ok := strings.CutSuffix(path, ending)
	if !ok {
		return "", problem.Misuse(text{JA: "「%s」がどのファイルの署名か分かりません。", EN: "It is not clear which file %s is for."}.With(f.target.shown(path))).
			WithNext(text{JA: "--content で元のファイルを指定してください。", EN: "Name the signed file with --content."})
	}
	if f.Folder != "" {
		name = filepath.Join(f.Folder, filepath.Base(name))
	}
	return name, nil
}

// errForeignSender is a mail from an address that the signer's certificate does
// not name.
var errForeignSender = errors.New("the sender's address is not one of the certificate's")

// findMail reads a signed mail (RFC 8551).
func (f *Finder) findMail(path string, data []byte) ([]Found, error) {
	m, err := smime.Parse(data)
	if errors.Is(err, smime.ErrPartSigned) {
		return nil, problem.New(problem.Invalid,
			text{JA: "メール「%s」の全体には署名がありません。署名は、その一部か、添付されたメールにあります。", EN: "%s is not signed as a whole: a part of it is, or a mail that is attached to it."}.With(f.target.shown(path)),
			text{JA: "添付されたメールなら、メールソフトで「.eml」として取り出し、それを指定してください。メーリングリストなどが書き足したメールの署名は確かめられません。", EN: "If a mail is attached, save that as an .eml of its own and name it. A mail that a mailing list added to has no signature that could be checked."}).Because(err)
	}
	if errors.Is(err, smime.ErrNotSigned) {
		return nil, unsignedMail(f.target.shown(path))
	}
	if err != nil {
		return nil, problem.New(problem.Invalid,
			text{JA: "「%s」は署名されたメールとして読めません。", EN: "%s cannot be read as a signed mail."}.With(f.target.shown(path)),
			text{JA: "メールソフトで「.eml」として保存し直してください。転送や編集をしたメールの署名は確かめられません。", EN: "Save the mail as .eml again. A mail that was forwarded or edited has no signature that could be checked."}).Because(err)
	}
	sd, err := cms.Read(strings.NewReader(string(m.Signature)), nil)
	if err != nil {
		return nil, notCMS(f.target.shown(path), err)
	}
	var content *cms.Content
	if m.Content != nil {
		if content, err = cms.HashContent(strings.NewReader(string(m.Content)), sd.Hashes()...); err != nil {
			return nil, err
		}
	}
	var all []Found
	for _, r := range sd.Verify(content) {
		found := newFound("smime", r.Outcome, r.Err()).withCounters(r.Counter)
		found.Covers = []text{{JA: "メールの本文と添付ファイル", EN: "the text of the mail and its attachments"}}
		found.Outside = append(found.Outside, headerText(m))
		if c := r.Certificate; c != nil && len(m.From) > 0 && len(c.EmailAddresses) > 0 && !namesSender(c.EmailAddresses, m.From) {
			found.reasons = append(found.reasons, trust.Reason{Code: trust.SigConstraintsFailure, Err: errForeignSender})
		}
		all = append(all, found)
	}
	if len(all) == 0 {
		return nil, unsignedMail(f.target.shown(path))
	}
	return all, nil
}

// unsignedMail is the error for a mail that is not signed itself. What is
// signed may be attached to it.
func unsignedMail(path string) error {
	return problem.New(problem.Invalid,
		text{JA: "メール「%s」に署名はありません。", EN: "The mail %s is not signed."}.With(path),
		text{JA: "署名された添付ファイルなら、メールソフトで取り出して、それを指定してください。", EN: "If a signed file is attached, save it from your mail program and name that."})
}

// namesSender reports whether every sender is among the certificate's addresses
// (RFC 8550, 3).
func namesSender(certificate, from []string) bool {
	for _, f := range from {
		named := false
		for _, c := range certificate {
			named = named || strings.EqualFold(c, f)
		}
		if !named {
			return false
		}
	}
	return true
}

// headerText shows the header of a mail, which nobody signs.
func headerText(m *smime.Mail) text {
	return text{
		JA: "差出人(%s)、件名(%s)、日付(%s)、宛先などのヘッダー",
		EN: "the header: sender (%s), subject (%s), date (%s), recipients and the rest",
	}.With(orNone(strings.Join(m.From, ", ")), orNone(m.Subject), orNone(m.Date))
}

func orNone(s string) text {
	if s == "" {
		return text{JA: "なし", EN: "none"}
	}
	return i18n.Same(s)
}

func notCMS(path string, cause error) error {
	if isNamedSignature(path) {
		return problem.New(problem.Invalid,
			text{JA: "「%s」はCMSの署名として読めません。", EN: "%s cannot be read as a CMS signature."}.With(path), damaged).Because(cause)
	}
	return problem.New(problem.Invalid,
		text{JA: "「%s」はCMSの署名として読めません。", EN: "%s cannot be read as a CMS signature."}.With(path),
		text{JA: "署名のファイル(.p7s)か、署名の入ったPDFやXMLを指定してください。", EN: "Name the signature (.p7s), or a PDF or XML file with signatures inside."}).Because(cause)
}

// missingContent is the error for a detached signature without its signed file.
func (f *Finder) missingContent(name string, cause error) error {
	next := text{JA: "--content で元のファイルを指定してください。", EN: "Name the signed file with --content."}
	if f.Many {
		next = text{JA: "元のファイルが別のフォルダーにあれば --content-dir で、名前が違えば1つずつ --content で指定してください。", EN: "If the signed files are in another folder, name that with --content-dir; if the name is another one, check this signature alone with --content."}
	}
	return missingContentError{problem.New(problem.Input, text{JA: "署名されたファイル「%s」がありません。", EN: "There is no %s, the signed file."}.With(f.target.shown(name)), next).Because(cause)}
}

// isMissing reports whether a file that nobody named is not there.
func (f *Finder) isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) && len(f.Content) == 0
}
