//go:build !linux

package main

// useHugePages leaves the size of pages to the system.
func useHugePages() {}
