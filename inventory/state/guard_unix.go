//go:build unix

package state

import (
	"os"
	"syscall"
)

// tryLock takes the exclusive lock of an open file, which the kernel frees when the process
// dies, however it dies; a lock file made with O_EXCL would outlive it. ok is false when
// another process has it.
func tryLock(f *os.File) (ok bool, err error) {
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == syscall.EWOULDBLOCK || err == syscall.EINTR {
		return false, nil
	}
	return err == nil, err
}
