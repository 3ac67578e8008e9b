package vendure

import (
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/sync/internal/standin"
)

// TestStandIn serves the fake to whoever asks; see package standin.
func TestStandIn(t *testing.T) {
	address := standin.Address(t)
	f := newFakeStore(t)
	f.fill(standin.Orders(), time.Hour, 1)
	standin.Serve(t, address, fakeKey, f)
}
