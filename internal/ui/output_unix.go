//go:build !windows

package ui

import (
	"errors"
	"syscall"
)

func unread(err error) bool { return errors.Is(err, syscall.EPIPE) }
