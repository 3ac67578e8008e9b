package sync

import (
	"fmt"

	"github.com/gofrs/flock"
)

// wire is the right to talk to the outside for one database: an operating system lock on a file beside it. It dies
// with the process that holds it and cannot be taken from a living one; the file itself stays and means nothing.
type wire struct{ lock *flock.Flock }

// takeWire takes the wire; nil without an error means that another process holds it.
func (s *Service) takeWire() (*wire, error) {
	lock := flock.New(s.o.LockPath)
	ok, err := lock.TryLock()
	if err != nil {
		return nil, &Error{
			Kind: Broken, Err: err,
			Text: fmt.Sprintf("the lock file %s cannot be used: %v", s.o.LockPath, err),
			Hint: "It must be on a local disk, in a folder that you may write to",
		}
	}
	if !ok {
		return nil, nil
	}
	return &wire{lock: lock}, nil
}

// release gives the wire back.
func (w *wire) release() { _ = w.lock.Unlock() } // closing the file unlocks it in any case
