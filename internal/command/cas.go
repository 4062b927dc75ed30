package command

import (
	"context"
	"crypto/x509"
	"slices"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/castore"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// AddCardCAFlag adds --ca for the chain of the card itself: a card for tests is
// under no published CA. The files are read by [App.ReadCardCAs].
func (a *App) AddCardCAFlag(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&a.cardCAs, "ca", nil, a.IO.Text(text{
		JA: "カードの証明書を発行した認証局の証明書`FILE`(試験用カードなど。繰り返せる)",
		EN: "`FILE` with the CA certificates above the card's, for a test card (repeatable)",
	}))
}

// ReadCardCAs reads the files of --ca.
func (a *App) ReadCardCAs(ctx context.Context) error {
	for _, path := range a.cardCAs {
		cas, err := input.Certificates(ctx, path)
		if err != nil {
			return err
		}
		a.given = append(a.given, cas...)
	}
	return nil
}

// TrustedCAs returns the CAs trusted beside the published ones: those that the
// user added, and those of --ca. It ignores errors of the store, because no
// verdict depends on the result.
func (a *App) TrustedCAs(ctx context.Context) (all []castore.Known) {
	for _, ca := range a.given {
		all = append(all, castore.CertifiedCA(ca, trust.Identity{Standing: trust.Given}))
	}
	store, err := a.Store()
	if err != nil || a.Cards.Tour != nil {
		return all
	}
	known, err := castore.ListKnown(ctx, store)
	if err != nil {
		return all
	}
	return append(all, slices.DeleteFunc(known, func(ca castore.Known) bool { return ca.Standing != trust.Added })...)
}

// CAMemory is the store for readers of card certificates, together with the CAs
// of --ca. The CAs of the demo cards come with the program. A store that cannot
// be read counts as empty.
type CAMemory struct{ App *App }

func (m CAMemory) Known(ctx context.Context) []*x509.Certificate { return m.App.knownCAs(ctx) }
