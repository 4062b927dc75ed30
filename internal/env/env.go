// Package env is the program's environment besides the streams: the environment
// variables and the clock.
package env

import "time"

// Env gives the environment and the time. Tests set both.
type Env struct {
	Getenv func(string) string
	Now    func() time.Time
}
