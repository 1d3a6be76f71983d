//go:build unix

package reports

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// BenchmarkWrite50000 writes a large result: 50,000 findings, as many resources and a tenth
// of it in drift. cpu-s is the time of the processor, collecting garbage included; peak-MiB is the most that lived on the heap meanwhile, the result included.
func BenchmarkWrite50000(b *testing.B) {
	r := large(50_000)
	for _, f := range Formats() {
		b.Run(f.Name, func(b *testing.B) {
			b.ReportAllocs()
			peak := &peakWriter{}
			before := cpuTime(b)
			for b.Loop() {
				if err := f.Write(peak, r, Options{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((cpuTime(b)-before).Seconds()/float64(b.N), "cpu-s")
			b.ReportMetric(float64(peak.heap)/(1<<20), "peak-MiB")
			b.ReportMetric(float64(peak.written)/float64(b.N)/(1<<20), "MiB-out")
		})
	}
}

// peakWriter counts what is written, and looks at the heap when it is: a report that is
// made in memory is there as a whole then.
type peakWriter struct{ written, heap uint64 }

func (p *peakWriter) Write(text []byte) (int, error) {
	if p.written += uint64(len(text)); p.written>>22 != (p.written-uint64(len(text)))>>22 || len(text) > 1<<20 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		p.heap = max(p.heap, m.HeapInuse)
	}
	return len(text), nil
}

// cpuTime is what this process has used of the processors.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
