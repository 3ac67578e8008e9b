package jumpseller

import (
	"fmt"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/sync/internal/standin"
)

// TestStandIn serves the fake to whoever asks; see package standin.
func TestStandIn(t *testing.T) {
	address := standin.Address(t)
	f := newFake(t)
	n := standin.Orders()
	begin, states := time.Now().Add(-time.Duration(n+1)*time.Hour), []string{"paid", "paid", "pending_payment", "canceled"}
	for i := range n {
		f.add(begin.Add(time.Duration(i)*time.Hour), func(o map[string]any) {
			o["status_enum"], o["currency"] = states[i%len(states)], "CLP"
			o["subtotal"], o["total"], o["shipping"] = 59980, 64980, 5000
			o["customer"].(map[string]any)["fullname"] = fmt.Sprintf("Javiera Soto %d", i+1)
		})
	}
	standin.Serve(t, address, fakeKey, f)
}
