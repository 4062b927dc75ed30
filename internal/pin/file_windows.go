package pin

import (
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

const openFlags = os.O_RDONLY

// checkPrivate accepts a file that belongs to this user or to the
// administrators. Its access list must let nobody else read it, write it, or
// change its permissions.
func checkPrivate(f *os.File, _ fs.FileInfo) (reason, details error) {
	sd, err := windows.GetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT,
		windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return ErrUnreadable, err
	}
	trusted, err := trustedSIDs()
	if err != nil {
		return ErrUnreadable, err
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return ErrUnreadable, err
	}
	if !trusted.has(owner) {
		return ErrForeign, nil
	}
	list, _, err := sd.DACL()
	if err != nil || list == nil { // no list: everybody may do everything
		return ErrOpenToOthers, err
	}
	return openTo(list, trusted)
}

// openTo looks for an entry of an access list that lets somebody else in.
func openTo(list *windows.ACL, trusted sids) (reason, details error) {
	const reach = windows.FILE_READ_DATA | windows.FILE_WRITE_DATA | windows.FILE_APPEND_DATA |
		windows.DELETE | windows.WRITE_DAC | windows.WRITE_OWNER |
		windows.GENERIC_READ | windows.GENERIC_WRITE | windows.GENERIC_ALL
	for i := range list.AceCount {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, uint32(i), &ace); err != nil {
			return ErrUnreadable, err
		}
		switch {
		case ace.Header.AceType == windows.ACCESS_DENIED_ACE_TYPE,
			ace.Header.AceFlags&windows.INHERIT_ONLY_ACE != 0,
			ace.Mask&reach == 0:
			continue
		case ace.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE: // conditional and the like
			return ErrOpenToOthers, nil
		case !trusted.has((*windows.SID)(unsafe.Pointer(&ace.SidStart))):
			return ErrOpenToOthers, nil
		}
	}
	return nil, nil
}

// checkCredential has the same rules: Windows has no systemd, but the variable
// can be set.
func checkCredential(f *os.File, info fs.FileInfo) (reason, details error) {
	return checkPrivate(f, info)
}

type sids []*windows.SID

func (s sids) has(sid *windows.SID) bool {
	for _, one := range s {
		if one.Equals(sid) {
			return true
		}
	}
	return false
}

// trustedSIDs are this user, the system, the administrators, and whoever owns
// the file, which was checked.
func trustedSIDs() (sids, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, err
	}
	all := sids{user.User.Sid}
	for _, known := range []windows.WELL_KNOWN_SID_TYPE{
		windows.WinLocalSystemSid, windows.WinBuiltinAdministratorsSid, windows.WinCreatorOwnerRightsSid,
	} {
		sid, err := windows.CreateWellKnownSid(known)
		if err != nil {
			return nil, err
		}
		all = append(all, sid)
	}
	return all, nil
}
