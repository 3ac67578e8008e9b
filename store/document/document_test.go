package document

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func writeFile(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestSamples writes samples into a folder, to be looked at: ORDERDECK_SAMPLES=/tmp/x go test -run Samples
func TestSamples(t *testing.T) {
	dir := os.Getenv("ORDERDECK_SAMPLES")
	if dir == "" {
		t.Skip("ORDERDECK_SAMPLES names no folder")
	}
	for who := range customers {
		for _, n := range []int{1, 100} {
			var b bytes.Buffer
			warnings, err := Invoice(&b, sampleInvoice(t, who, n, n == 1))
			if err != nil {
				t.Fatal(err)
			}
			t.Log(who, n, b.Len(), warnings)
			writeFile(t, filepath.Join(dir, "invoice-"+who+map[int]string{1: "", 100: "-100"}[n]+".pdf"), b.Bytes())
		}
		var b bytes.Buffer
		warnings, err := Receipt(&b, sampleReceipt(t, who))
		t.Log(warnings, err)
		writeFile(t, filepath.Join(dir, "receipt-"+who+".pdf"), b.Bytes())
		b.Reset()
		warnings, err = PurchaseOrder(&b, samplePurchase(t, who))
		t.Log(warnings, err)
		writeFile(t, filepath.Join(dir, "purchase-"+who+".pdf"), b.Bytes())
		b.Reset()
		t.Log(ReceiptText(&b, sampleReceipt(t, who)), "\n"+b.String())
	}
}
