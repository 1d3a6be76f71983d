package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// smallHeap is what a gate over a few templates needs: below it, collecting garbage costs a
// tenth of the run and frees nothing that matters.
const smallHeap = 24 << 20 // bytes

// collectSeldom lets the heap grow fourfold between collections until it is no longer small;
// from then on Go's own default holds. A GOGC of the user is left as it is.
func collectSeldom() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(400)
	type sentinel struct{ _ [16]byte } // unreachable at once, so that each collection finds it
	var look func(*sentinel)
	look = func(*sentinel) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if m.HeapAlloc > smallHeap {
			debug.SetGCPercent(100)
			return
		}
		runtime.SetFinalizer(new(sentinel), look)
	}
	runtime.SetFinalizer(new(sentinel), look)
}
