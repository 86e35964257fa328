// Package plot draws runs of the made-up internet.
//
// What it is: a few SVG pictures that need nothing but a browser, in the colours of the pages, light and dark. frame.go is
// axes and legend, marks.go lines and bars, pictures.go what is shown.
// Who calls it: shoal sim --plot.
// What it owns: how results look.
// What it will never do: count, or leave out what looks bad.
package plot
