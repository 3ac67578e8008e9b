package store

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/ordertest"
)

// eachField calls change for every field of v that can be set, however deep; change is undone before the next.
func eachField(v reflect.Value, path string, changed func(path string)) {
	switch v.Kind() {
	case reflect.Struct:
		if t, ok := v.Addr().Interface().(*time.Time); ok {
			was := *t
			*t = was.Add(time.Millisecond)
			changed(path)
			*t = was
			return
		}
		for i := range v.NumField() {
			eachField(v.Field(i), path+"."+v.Type().Field(i).Name, changed)
		}
	case reflect.Slice:
		was := reflect.ValueOf(v.Interface())
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		changed(path + " longer")
		grown := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(grown, v)
		v.Set(grown)
		eachField(v.Index(v.Len()-1), path+"[]", changed)
		v.Set(was)
	case reflect.String:
		was := v.String()
		v.SetString(was + "x")
		changed(path)
		v.SetString(was)
	case reflect.Bool:
		v.SetBool(!v.Bool())
		changed(path)
		v.SetBool(!v.Bool())
	case reflect.Int64:
		v.SetInt(v.Int() + 1)
		changed(path)
		v.SetInt(v.Int() - 1)
	default:
		panic(fmt.Sprintf("%s: no idea how to change a %v", path, v.Kind()))
	}
}

// TestHashSeesEverything changes every field of an order, however deep, and wants a hash of its own for each.
func TestHashSeesEverything(t *testing.T) {
	o := simple("aurora", 1)
	var h hasher
	seen := map[int64]string{h.sum(&o): "the order itself"}
	n := 0
	eachField(reflect.ValueOf(&o).Elem(), "Order", func(path string) {
		sum := h.sum(&o)
		// An appended element is "longer" and has every field zero: its fields are told from that, not from the order.
		if other, clash := seen[sum]; clash {
			t.Errorf("%s has the hash of %s", path, other)
		}
		seen[sum] = path
		n++
	})
	if n < 140 {
		t.Errorf("only %d fields were tried", n)
	}
}

// TestHashIsOfContent hashes an order and what JSON makes of it.
func TestHashIsOfContent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := ordertest.Order(t)
		doc, err := json.Marshal(&o)
		if err != nil {
			t.Fatal(err)
		}
		var back order.Order
		if err := json.Unmarshal(doc, &back); err != nil {
			t.Fatal(err)
		}
		var h, i hasher
		if h.sum(&o) != i.sum(&back) {
			t.Fatalf("an order that was kept has another hash: %s", doc)
		}
	})
}

func TestKeys(t *testing.T) {
	for _, c := range [][2]string{{"9", "10"}, {"999", "1000"}, {"AUR-9", "AUR-10"}, {"1", "AUR-1"}, {"a2b3", "a2b10"}, {"", "1"}, {"7", "007a"}} {
		if numberKey(c[0]) >= numberKey(c[1]) {
			t.Errorf("number %q does not come before %q", c[0], c[1])
		}
	}
	for _, c := range []struct{ a, b order.Money }{
		{order.New(5, "BRL"), order.New(6, "BRL")},
		{order.New(-6, "BRL"), order.New(-5, "BRL")},
		{order.New(1<<40, "BRL"), order.New(1, "EUR")},
		{order.New(1, ""), order.New(-5, "AED")},
	} {
		if totalKey(c.a.Currency, c.a.Minor) >= totalKey(c.b.Currency, c.b.Minor) {
			t.Errorf("%v does not come before %v", c.a, c.b)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Int64Range(-1<<45, 1<<45).Draw(t, "created")
		id := rapid.Int64Range(1, maxID).Draw(t, "id")
		if got := idOfRank(rankOf(at, id)); got != id {
			t.Fatalf("id %d comes back as %d", id, got)
		}
		later := rapid.Int64Range(0, 1<<40).Draw(t, "later")
		if rankFloor(at) > rankFloor(at+later) {
			t.Fatalf("%d comes after %d", at, at+later)
		}
	})
}
