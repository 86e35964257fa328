//go:build !wasip1

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "engine runs in a browser only: build it with GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared, or make engine")
	os.Exit(2)
}
