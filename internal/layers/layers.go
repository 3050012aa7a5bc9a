// Package layers has no code; its tests hold the repository to its layout.
//
// They check which package may import which (each forbidden import has its
// reason), that every package promises something in its comment, that no file
// has grown past reading, and that every claim and every diagnostic has its
// page.
package layers
