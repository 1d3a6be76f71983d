package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

// A killPoint is a moment in the life of a run, told by the writes that it sends: what is
// between two writes changes nothing that a later run could see but the journal.
type killPoint struct {
	write int  // which write of the run, from 1
	late  bool // it had its effect and was not answered yet; else it did not reach the service
}

func (p killPoint) String() string {
	if p.late {
		return fmt.Sprintf("after write %d", p.write)
	}
	return fmt.Sprintf("before write %d", p.write)
}

// killPoints are both moments of each of a run's writes, or, unless PCF_SCAN_FULL is set, about
// sample of them, spread evenly over the run.
func killPoints(writes, sample int) (points []killPoint) {
	for w := 1; w <= writes; w++ {
		points = append(points, killPoint{w, false}, killPoint{w, true})
	}
	if os.Getenv("PCF_SCAN_FULL") != "" || len(points) <= sample {
		return points
	}
	for i := range sample {
		points[i] = points[i*len(points)/sample]
	}
	return points[:sample]
}

// killedAt runs the program against the emulator and kills it, as kill -9 does, at a point.
// It is gone when killedAt returns. A run that ends before the point fails the test.
func killedAt(t *testing.T, e *emulator.Emulator, at killPoint, args ...string) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Args[0] = "pcf-scan"
	cmd.Env = append(e.Env(), "PCF_SCAN_TEST_PROGRAM=1")
	killed(t, cmd, at, func(early, late func() bool) { interceptWrites(e, early, late) })
	e.Heal()
}

func interceptWrites(e *emulator.Emulator, early, late func() bool) {
	e.Intercept(
		func(c emulator.Call) bool { return !c.Write || early() },
		func(c emulator.Call) bool { return !c.Write || late() },
	)
}

// killed starts a program and kills it at a point. arm is given what to ask of every write
// before and after it has its effect, whether it goes on.
func killed(t *testing.T, cmd *exec.Cmd, at killPoint, arm func(early, late func() bool)) {
	t.Helper()
	writes := 0
	died, err := killedWhen(t, cmd, func(late bool) bool {
		if !late {
			writes++
		}
		return writes > at.write || writes == at.write && late == at.late
	}, arm)
	require.True(t, died, "killed %s, it ended by itself: %v", at, err)
}

// killedWhen starts a program and kills it at the first write of which dies says so, before it
// has its effect or (late) after. It reports whether it was killed; err is how the program
// ended by itself, with what it said.
func killedWhen(t *testing.T, cmd *exec.Cmd, dies func(late bool) bool, arm func(early, late func() bool)) (died bool, err error) {
	t.Helper()
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	var mutex sync.Mutex
	started, gone := make(chan struct{}), make(chan struct{})
	goesOn := func(late bool) bool {
		mutex.Lock()
		defer mutex.Unlock()
		if !died && !dies(late) {
			return true
		}
		died = true
		<-started
		_ = cmd.Process.Kill()
		<-gone // whatever it had begun has ended
		return false
	}
	arm(func() bool { return goesOn(false) }, func() bool { return goesOn(true) })
	require.NoError(t, cmd.Start())
	close(started)
	err = cmd.Wait()
	close(gone)
	mutex.Lock()
	defer mutex.Unlock()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, said.String())
	}
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled(), err
}
