package xmlsig

// Profile is a shape that an authority asks for.
type Profile string

// The profiles. They follow published documents; whether the services accept
// what this package makes has not been tried.
const (
	ProfileNone Profile = ""
	// ProfileETax is the .xtx of e-Tax: the root DATA with an id, and the
	// signature as its last child.
	ProfileETax Profile = "etax"
	// ProfileEGov is the 構成情報 of e-Gov.
	ProfileEGov Profile = "egov"
)

func (sig *signature) profile() Profile { return ProfileNone }

func (p Profile) coversEnough(sig *signature) bool { return false }

func (d *Document) prepareETax(r Request) (*Prepared, error) { return nil, ErrNothingToSign }
func (d *Document) prepareEGov(r Request) (*Prepared, error) { return nil, ErrNothingToSign }
