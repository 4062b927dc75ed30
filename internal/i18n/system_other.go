//go:build !windows && !darwin

package i18n

// System gives no language: here the locale is all there is.
func System() string { return "" }
