//go:build unix

package state

import (
	"os"
	"strings"
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

// A processLock is an exclusive lock of a file that ends with the process, however that
// ends, and with nothing else: not with an object that nobody refers to any more.
type processLock struct{ descriptor int }

// lockProcess takes the lock at once, or returns nil when another process (or another holder
// in this one) has it.
func lockProcess(path string) (*processLock, error) {
	fd, err := syscall.Open(path, syscall.O_RDWR|syscall.O_CREAT|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, err
	}
	switch err := syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB); err {
	case nil:
		return &processLock{fd}, nil
	case syscall.EWOULDBLOCK, syscall.EINTR:
		_ = syscall.Close(fd)
		return nil, nil //nolint:nilnil // somebody else has it, and that is no error
	default:
		_ = syscall.Close(fd)
		return nil, err
	}
}

// release gives the lock back. It may be called on nil.
func (l *processLock) release() {
	if l != nil {
		_ = syscall.Close(l.descriptor)
	}
}

// machine names the running kernel: two processes with the same name see the same file
// locks. Empty where there is no such name.
func machine() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}
