// Package jst has the time zone of Japan, which has no daylight saving time:
// certificates of JPKI end at midnight there, and forms of the state are dated
// in it. It needs no zone database.
//
// Stability: before version 1 of the module, names can change with a minor
// version. CHANGELOG.md then tells.
package jst

import "time"

// Zone is UTC+9.
var Zone = time.FixedZone("JST", 9*60*60)
