package explain

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"
)

// unreadable says why the system does not let a file be read.
var unreadable = map[syscall.Errno]text{
	windows.ERROR_SHARING_VIOLATION:               inUse,
	windows.ERROR_LOCK_VIOLATION:                  inUse,
	windows.ERROR_INVALID_NAME:                    {JA: "ファイル名として使えません", EN: "this cannot be a file's name"},
	windows.ERROR_BAD_PATHNAME:                    {JA: "ファイル名として使えません", EN: "this cannot be a file's name"},
	windows.ERROR_FILENAME_EXCED_RANGE:            nameTooLong,
	windows.ERROR_DIRECTORY:                       pathThroughFile,
	windows.ERROR_NOT_READY:                       {JA: "ドライブにメディアが入っていません", EN: "there is no medium in the drive"},
	windows.ERROR_INVALID_DRIVE:                   {JA: "そのドライブはありません", EN: "there is no such drive"},
	windows.ERROR_CRC:                             deviceFails,
	windows.ERROR_IO_DEVICE:                       deviceFails,
	windows.ERROR_SECTOR_NOT_FOUND:                deviceFails,
	windows.ERROR_GEN_FAILURE:                     deviceFails,
	windows.ERROR_DEV_NOT_EXIST:                   deviceFails,
	windows.ERROR_BAD_NETPATH:                     networkGone,
	windows.ERROR_BAD_NET_NAME:                    networkGone,
	windows.ERROR_NETNAME_DELETED:                 networkGone,
	windows.ERROR_NETWORK_UNREACHABLE:             networkGone,
	windows.ERROR_TOO_MANY_OPEN_FILES:             tooManyOpen,
	windows.ERROR_VIRUS_INFECTED:                  {JA: "ウイルス対策ソフトが止めています", EN: "the virus scanner blocks it"},
	windows.ERROR_CLOUD_FILE_PROVIDER_NOT_RUNNING: cloudAway,
	windows.ERROR_CLOUD_FILE_NETWORK_UNAVAILABLE:  cloudAway,
	windows.ERROR_CLOUD_FILE_UNSUCCESSFUL:         cloudAway,
}

var cloudAway = text{JA: "クラウドにだけあり、今は取り寄せられません", EN: "it is in the cloud only and cannot be fetched now"}

// isFolder reports that a folder was read like a file.
func isFolder(err error) bool {
	return errors.Is(err, syscall.EISDIR) || errors.Is(err, windows.ERROR_INVALID_FUNCTION)
}

// isDevice reports a name such as CON, which is a device in every folder, and
// which the system refuses in several ways.
func isDevice(e *fs.PathError) bool {
	return !errors.Is(e.Err, fs.ErrNotExist) && !filepath.IsLocal(filepath.Base(e.Path))
}
