//go:build wasip1

package main

import (
	"shoal/span"
	"unsafe"

	"shoal/swarm"
	"shoal/swarm/tape"
)

// inputMax bounds an input record in bytes: the longest part record and its frame fit twice.
const inputMax = 32 << 10

// The border's state. WASM is single-threaded and has one engine to an instance.
var (
	engine  *swarm.Engine
	in      [inputMax]byte
	out     []byte
	outputs []swarm.Output
)

func main() {}

//go:wasmexport input
func input() uint32 { return uint32(uintptr(unsafe.Pointer(&in[0]))) }

//go:wasmexport birth
func birth(length uint32) uint32 {
	if length > inputMax {
		return 0
	}
	config, err := tape.ParseBirth(in[:length])
	if err != nil {
		return 0
	}
	engine = swarm.New(config)
	return 1
}

//go:wasmexport step
func step(length uint32) int32 {
	if engine == nil || length > inputMax {
		return -1
	}
	now, what, err := tape.ParseInput(in[:length])
	if err != nil {
		return -1
	}
	outputs = engine.Step(now, what, outputs[:0])
	out = out[:0]
	for _, o := range outputs {
		out = tape.AppendOutput(out, o)
	}
	return int32(len(out))
}

//go:wasmexport output
func output() uint32 { return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(out)))) }

//go:wasmexport wake
func wake() int64 {
	if engine == nil {
		return -1
	}
	at, ok := engine.Wake()
	if !ok {
		return -1
	}
	return int64(at / span.Microsecond)
}
