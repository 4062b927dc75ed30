package doctor

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// read gives the content of a file without the blanks around it, "" where it
// cannot be read.
func (e *Environment) read(name string) string {
	if e.Files == nil {
		return ""
	}
	data, err := fs.ReadFile(e.Files, name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// has reports whether there is any of these files.
func (e *Environment) has(patterns ...string) bool {
	for _, p := range patterns {
		if len(e.glob(p)) > 0 {
			return true
		}
	}
	return false
}

func (e *Environment) glob(pattern string) []string {
	if e.Files == nil {
		return nil
	}
	names, _ := fs.Glob(e.Files, pattern) // the patterns are ours
	return names
}

// wsl reports the Windows Subsystem for Linux, by the name of its kernel.
func (e *Environment) wsl() bool {
	return e.OS == "linux" && strings.Contains(strings.ToLower(e.read("proc/sys/kernel/osrelease")), "microsoft")
}

func (e *Environment) container() bool {
	return e.OS == "linux" && e.has(".dockerenv", "run/.containerenv")
}

func (e *Environment) ssh() bool {
	return e.Getenv("SSH_CONNECTION") != "" || e.Getenv("SSH_TTY") != ""
}

// usbDevice is a device as sysfs shows it.
type usbDevice struct {
	id      string   // vendor:product
	name    string   // as the device says; may be empty
	ccid    bool     // it has an interface of the smart card class (USB CCID 1.1, 4.3)
	drivers []string // kernel drivers that hold one of its interfaces
}

const ccidClass = "0b"

func (e *Environment) usbDevices() (devices []usbDevice) {
	if e.OS != "linux" {
		return nil
	}
	for _, dir := range e.glob("sys/bus/usb/devices/*") {
		vendor, product := e.read(dir+"/idVendor"), e.read(dir+"/idProduct")
		if vendor == "" || product == "" {
			continue
		}
		d := usbDevice{id: vendor + ":" + product, name: e.read(dir + "/product")}
		// Interfaces stand beside their device: 1-2 has 1-2:1.0.
		for _, face := range e.glob(path.Dir(dir) + "/" + path.Base(dir) + ":*") {
			if e.read(face+"/bInterfaceClass") == ccidClass {
				d.ccid = true
			}
			for line := range strings.Lines(e.read(face + "/uevent")) {
				if driver, found := strings.CutPrefix(strings.TrimSpace(line), "DRIVER="); found {
					d.drivers = append(d.drivers, driver)
				}
			}
		}
		devices = append(devices, d)
	}
	return devices
}

// String names a device for a person.
func (d usbDevice) String() string {
	if d.name == "" {
		return "USB " + d.id
	}
	return d.name + " (USB " + d.id + ")"
}

// nfcDrivers are kernel drivers that take a reader for NFC, away from pcscd.
var nfcDrivers = []string{"pn533_usb", "pn533", "port100"}

// claimed gives the NFC driver that holds the device, or "".
func (d usbDevice) claimed() string {
	for _, driver := range d.drivers {
		if slices.Contains(nfcDrivers, driver) {
			return driver
		}
	}
	return ""
}

// vendorReaders are readers that are not of the smart card class: each system
// needs its maker's driver, and there is none for Linux.
var vendorReaders = map[string]string{
	"054c:01bb": "Sony PaSoRi RC-S320",
	"054c:02e1": "Sony PaSoRi RC-S330/RC-S370",
	"054c:06c1": "Sony PaSoRi RC-S380/S",
	"054c:06c3": "Sony PaSoRi RC-S380/P",
}

// processes gives the process ids of the running programs of this name, as far
// as this user may see them.
func (e *Environment) processes(name string) (pids []string) {
	switch e.OS {
	case "linux":
		for _, comm := range e.glob("proc/[0-9]*/comm") {
			if e.read(comm) == name {
				pids = append(pids, path.Base(path.Dir(comm)))
			}
		}
	case "darwin":
		out, err := e.Run("/usr/bin/pgrep", "-x", name)
		if err == nil {
			pids = strings.Fields(out)
		}
	}
	return pids
}

// holdsUSB reports whether a process has a USB device open. It cannot see into
// processes of others.
func (e *Environment) holdsUSB(pid string) bool {
	return slices.ContainsFunc(e.glob("proc/"+pid+"/fd/*"), func(fd string) bool {
		to, err := fs.ReadLink(e.Files, fd)
		return err == nil && strings.Contains(to, "dev/bus/usb/")
	})
}
