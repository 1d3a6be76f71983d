// Package memory sets the garbage collector of a short run. It is a package of its own because
// the packages of the AWS SDK make megabytes when the program starts, before main: Go begins
// with the packages that import little, and so this one, which must import no others of ours
// or of the SDK, comes before them. Import it for its effect.
package memory

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// smallHeap is what a gate over a few templates needs: below it, collecting garbage costs a
// tenth of the run and frees nothing that matters.
const smallHeap = 24 << 20 // bytes

func init() { collectSeldom() }

// collectSeldom lets the heap grow ninefold between collections until it is no longer small;
// from then on Go's own default holds. Compiling rules makes much that is thrown away at once.
// A GOGC of the user is left as it is.
func collectSeldom() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(800)
	type sentinel struct{ _ [16]byte } // unreachable at once, so that each collection finds it
	var look func(*sentinel)
	look = func(*sentinel) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}} // what the last collection left
		metrics.Read(live)
		if live[0].Value.Kind() != metrics.KindUint64 || live[0].Value.Uint64() > smallHeap {
			debug.SetGCPercent(100)
			return
		}
		runtime.SetFinalizer(new(sentinel), look)
	}
	runtime.SetFinalizer(new(sentinel), look)
}
