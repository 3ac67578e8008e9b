package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/adrg/xdg"
)

// load reads a text as a settings file, with an environment of its own.
func load(t *testing.T, text string, env map[string]string, change ...func(*Options)) (*Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o := options(file, env)
	for _, f := range change {
		f(&o)
	}
	return Load(o)
}

func options(file string, env map[string]string) Options {
	return Options{
		File:      file,
		Platforms: []string{"vendure", "medusa"},
		Lookup:    func(key string) (string, bool) { v, ok := env[key]; return v, ok },
		New:       true,
	}
}

func mustLoad(t *testing.T, text string, env map[string]string) *Config {
	t.Helper()
	c, err := load(t, text, env)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// bare leaves out where things come from.
func bare(c *Config) Config {
	d := *c
	d.File, d.Exists, d.origins, d.values, d.lines = "", false, nil, nil, nil
	if len(d.Stores) == 0 {
		d.Stores = nil
	}
	if len(d.Keys) == 0 {
		d.Keys = nil
	}
	return d
}

// uncommented takes the # off as the file's head says.
func uncommented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "#"); ok && !strings.HasPrefix(rest, " ") {
			line = rest
		}
		b.WriteString(line)
	}
	return b.String()
}

func TestTheFileOfDefaultsSaysTheDefaults(t *testing.T) {
	none := bare(mustLoad(t, "", nil))
	if got := bare(mustLoad(t, Default(), nil)); !reflect.DeepEqual(got, none) {
		t.Errorf("the file of defaults reads as\n%+v\nwant\n%+v", got, none)
	}
	open := uncommented(Default())
	c, err := load(t, open, nil)
	if err != nil {
		t.Fatalf("the file of defaults without its # is refused: %v\n%s", err, open)
	}
	if got := bare(c); !reflect.DeepEqual(got, none) {
		t.Errorf("the file of defaults without its # reads as\n%+v\nwant\n%+v", got, none)
	}
	for _, s := range Settings {
		if s.Doc == "" {
			t.Errorf("%s has no explanation", s.Key)
		}
		if !strings.Contains(open, "\n"+s.Key+":") {
			t.Errorf("%s is not in the file of defaults", s.Key)
		}
	}
	for _, f := range storeFields {
		if !strings.Contains(Default(), f.name+": ") || f.doc == "" {
			t.Errorf("the store's %s is not explained", f.name)
		}
	}
}

func TestDefaults(t *testing.T) {
	c := mustLoad(t, "", nil)
	if c.SyncEvery != DefaultEvery || c.Theme != "auto" || c.Icons != "emoji" || !c.Mouse || c.Secrets != "" ||
		c.Locale.Name() != "en" || c.CSV != (CSV{Profile: "orders"}) || c.Zone != time.Local ||
		c.Data != filepath.Join(xdg.DataHome, "orderdeck") {
		t.Errorf("the defaults are %+v", c)
	}
	if len(c.Columns) != 0 {
		t.Errorf("columns are %v", c.Columns)
	}
}

func TestPrecedence(t *testing.T) {
	file := "theme: dark\ndata: /file\nsync:\n  every: 5m\ncolumns: [order, total]\n"
	env := map[string]string{"ORDERDECK_DATA": "/env", "ORDERDECK_SYNC_EVERY": "1h", "ORDERDECK_COLUMNS": "order, date", "LANG": "pl_PL.UTF-8"}
	c, err := load(t, file, env, func(o *Options) { o.Flags = map[string]string{"data": "/flag"} })
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"data": "flag", "sync.every": "ORDERDECK_SYNC_EVERY", "theme": "file", "mouse": "default", "columns": "ORDERDECK_COLUMNS",
	} {
		if got := c.Origin(key); got != want {
			t.Errorf("%s comes from %q, want %q", key, got, want)
		}
	}
	if c.Data != "/flag" || c.SyncEvery != time.Hour || c.Theme != "dark" || c.Locale.Name() != "pl" || !slices.Equal(c.Columns, []string{"order", "date"}) {
		t.Errorf("got %+v", c)
	}
}

func TestNamesKeepCaseAndDots(t *testing.T) {
	c := mustLoad(t, "keys:\n  orders.Export: [E, ctrl+e]\n  app.quit: Q\n  app.help: []\n", nil)
	want := map[string][]string{"orders.Export": {"E", "ctrl+e"}, "app.quit": {"Q"}, "app.help": {}}
	if !reflect.DeepEqual(c.Keys, want) {
		t.Errorf("keys are %v, want %v", c.Keys, want)
	}
	if got := c.Where("keys", "app.quit"); !strings.HasSuffix(got, "config.yaml:3") {
		t.Errorf("Where says %q", got)
	}
}

func TestStores(t *testing.T) {
	c := mustLoad(t, `
sync: {every: 20m}
stores:
  - name: shop
    platform: vendure
    url: https://Shop.example/admin-api/
  - {name: eu-2, platform: vendure, url: "http://127.0.0.1:3000", every: off, pull: "customer_payment:paid", own_stock: true, timezone: Europe/Warsaw}
`, nil)
	want := []StoreConfig{
		{Name: "shop", Platform: "vendure", URL: "https://shop.example/admin-api", Pull: "all", Every: 20 * time.Minute},
		{Name: "eu-2", Platform: "vendure", URL: "http://127.0.0.1:3000", Pull: "customer_payment:paid", OwnEvery: true, OwnStock: true, Zone: "Europe/Warsaw"},
	}
	if !reflect.DeepEqual(c.Stores, want) {
		t.Errorf("stores are\n%+v\nwant\n%+v", c.Stores, want)
	}
}

func TestRefusals(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"unknown", "thme: dark\n", `:1: there is no setting called "thme". Did you mean theme?`},
		{"unknown below", "theme: dark\ncsv:\n  profle: orders\n", `:3: there is no setting called "profle". Did you mean profile?`},
		{"choice", "theme: blue\n", `:1: theme cannot be "blue": use auto, dark or light`},
		{"flag", "mouse: yes\n", `:1: mouse cannot be "yes": write true or false`},
		{"interval", "sync:\n  every: 10\n", `:2: "10" is no interval: write 90s, 10m, 1h30m or off`},
		{"interval too short", "sync:\n  every: 1s\n", `:2: an interval of 1s is out of bounds`},
		{"zone", "timezone: Brazil/Nowhere\n", `:1: "Brazil/Nowhere" is no time zone that is known here`},
		{"column", "columns:\n  - order\n  - dtae\n", `:3: "dtae" is none of the columns. Did you mean date?`},
		{"twice", "theme: dark\nmouse: true\ntheme: light\n", `:3: theme stands here for the second time; the first is in line 1`},
		{"twice in two ways", "sync.every: 5m\nsync:\n  every: 6m\n", `:3: sync.every is in line 1 already`},
		{"not YAML", "theme: dark\n  mouse: true\n", `:2: this is not YAML`},
		{"list at the top", "- a\n", `:1: settings are written as`},
		{"two documents", "theme: dark\n---\ntheme: light\n", `there is a second document`},
		{"group for a value", "theme:\n  a: b\n", `:2: theme takes one value`},
		{"value for a group", "sync: 10m\n", `:1: sync has settings of its own below it: write them indented, as every`},
		{"keys as a list", "keys: [a]\n", `:1: keys is written as`},
		{"empty key", "keys:\n  app.quit: ''\n", `:2: app.quit has an empty key`},
		{"stores as a mapping", "stores:\n  shop: {}\n", `:2: stores is a list`},
		{"store without url", "stores:\n  - name: shop\n    platform: vendure\n", `:2: this store has no url`},
		{"store name", "stores:\n  - name: My Shop\n    platform: vendure\n    url: a.example\n", `:2: "My Shop" cannot be a store's name`},
		{"platform", "stores:\n  - name: a\n    platform: vendur\n    url: a.example\n", `:3: "vendur" is no platform that Orderdeck knows. Did you mean vendure?`},
		{"http", "stores:\n  - name: a\n    platform: vendure\n    url: http://shop.example\n", `:4: http sends keys and customers in the open: use https://shop.example`},
		{"two of a name", "stores:\n  - {name: a, platform: vendure, url: a.example}\n  - {name: a, platform: vendure, url: b.example}\n", `:3: two stores are called a`},
		{"a key in the file", "stores:\n  - {name: a, platform: vendure, url: a.example, api_key: hunter2}\n", `keys never stand in this file`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.text, nil)
			if err == nil {
				t.Fatal("it is accepted")
			}
			if !strings.Contains(err.Error(), "config.yaml"+tt.want) && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the error is\n%v\nwant in it\n%s", err, tt.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Error("the error shows a key")
			}
		})
	}
}

func TestEveryMistakeIsToldAtOnce(t *testing.T) {
	_, err := load(t, "theme: blue\nmouse: maybe\nicns: nerd\n", map[string]string{"ORDERDECK_LOCALE": "de"})
	if err == nil || strings.Count(err.Error(), "\n") != 3 {
		t.Fatalf("want four lines, got %v", err)
	}
	if !strings.Contains(err.Error(), `ORDERDECK_LOCALE: locale cannot be "de"`) {
		t.Errorf("the variable is not named: %v", err)
	}
}

func TestPullFilterIsChecked(t *testing.T) {
	_, err := load(t, "stores:\n  - {name: a, platform: vendure, url: a.example, pull: 'stage:x'}\n", nil, func(o *Options) {
		o.Filter = func(text string) error { return os.ErrInvalid }
	})
	if err == nil || !strings.Contains(err.Error(), ":2: pull is no filter that can be understood") {
		t.Errorf("got %v", err)
	}
}

func TestMissingFile(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.yaml")
	o := options(missing, nil)
	if c, err := Load(o); err != nil || c.Exists {
		t.Errorf("a new file: %v", err)
	}
	o.New = false
	if _, err := Load(o); err == nil || !strings.Contains(err.Error(), "config init") {
		t.Errorf("a file that was named and is missing: %v", err)
	}
	o.File = t.TempDir()
	if _, err := Load(o); err == nil || !strings.Contains(err.Error(), "it is a folder") {
		t.Errorf("a folder: %v", err)
	}
}

// TestHTTPIsForSignedStoresOnly, and a key in the address for those that take one, never over http.
func TestHTTPIsForSignedStoresOnly(t *testing.T) {
	o := Options{Signed: []string{"woo"}, InAddress: []string{"woo"}}
	for _, c := range []struct {
		platform, url string
		inAddress     bool
		refused       string // "" = taken
	}{
		{"woo", "http://10.0.0.5/shop", false, ""},
		{"woo", "https://shop.example", true, ""},
		{"woo", "http://127.0.0.1:8080", false, ""},
		{"vendure", "http://127.0.0.1:3000", false, ""},
		{"vendure", "http://10.0.0.5/shop", false, "Only stores of woo may be reached over http"},
		{"vendure", "https://shop.example", true, "vendure takes no key in the address"},
		{"woo", "http://10.0.0.5/shop", true, "requests over http are signed"},
		{"woo", "http://127.0.0.1:8080", true, "requests over http are signed"},
	} {
		s := StoreConfig{Platform: c.platform, URL: c.url, KeyInAddress: c.inAddress}
		if err := o.CheckStore(s); (err == nil) != (c.refused == "") || err != nil && !strings.Contains(err.Error(), c.refused) {
			t.Errorf("%+v: %v", c, err)
		}
		file := filepath.Join(t.TempDir(), "config.yaml")
		text := fmt.Sprintf("stores:\n  - name: a\n    platform: %s\n    url: %s\n    key_in_address: %t\n", c.platform, c.url, c.inAddress)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		from := o
		from.File = file
		got, err := Load(from)
		if (err == nil) != (c.refused == "") || err != nil && (!strings.Contains(err.Error(), c.refused) || !strings.Contains(err.Error(), "config.yaml:")) {
			t.Errorf("%+v in a file: %v", c, err)
		}
		if err == nil && (got.Stores[0].URL != c.url || got.Stores[0].KeyInAddress != c.inAddress) {
			t.Errorf("%+v became %+v", c, got.Stores[0])
		}
		if u, err := o.NormalizeStoreURL(c.url+"/", c.platform); !c.inAddress && ((err == nil) != (c.refused == "") || err == nil && u != c.url) {
			t.Errorf("%+v: %q, %v", c, u, err)
		}
	}
	for url, want := range map[string]bool{"http://10.0.0.5": true, "http://localhost:3000": false, "https://shop.example": false, "": false} {
		if got := (StoreConfig{URL: url}).Open(); got != want {
			t.Errorf("%q is open: %t", url, got)
		}
	}
}

func TestNormalizeURL(t *testing.T) {
	for raw, want := range map[string]string{
		"shop.example":                        "https://shop.example",
		" https://Shop.Example/admin-api/ ":   "https://shop.example/admin-api",
		"http://localhost:3000/admin-api":     "http://localhost:3000/admin-api",
		"http://[::1]:3000":                   "http://[::1]:3000",
		"https://shop.example:8443/a/b":       "https://shop.example:8443/a/b",
		"http://shop.example":                 "",
		"http://127.0.0.1.evil.example":       "",
		"https://user:hunter2@shop.example":   "",
		"ftp://shop.example":                  "",
		"https://shop.example/?key=hunter2":   "",
		"https://":                            "",
		"":                                    "",
		"https://shop.example/\x7f":           "",
		"javascript://shop.example/%0aalert1": "",
	} {
		got, err := NormalizeURL(raw)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("NormalizeURL(%q) = %q, %v; want %q", raw, got, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("NormalizeURL(%q) shows a secret: %v", raw, err)
		}
	}
}

func TestShowReadsBack(t *testing.T) {
	c := mustLoad(t, "theme: light\nkeys: {a.b: [x]}\nstores:\n  - {name: a, platform: vendure, url: a.example, every: off}\ncsv: {folder: '~/x: y'}\n", nil)
	again, err := load(t, strings.ReplaceAll(c.Show(), `secrets: `, `#`), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, c.Show())
	}
	if got, want := bare(again), bare(c); !reflect.DeepEqual(got, want) {
		t.Errorf("what is shown reads as\n%+v\nwant\n%+v", got, want)
	}
	if !strings.Contains(c.Show(), "# from: file") {
		t.Error("it does not say where settings come from")
	}
}

func TestUnreadVariables(t *testing.T) {
	got := Unread([]string{"HOME=/", "ORDERDECK_THEM=dark", "ORDERDECK_THEME=dark", "ORDERDECK_STORE_A_KEY=x", "ORDERDECK_CONFIG=y"})
	if len(got) != 1 || got[0] != "ORDERDECK_THEM Did you mean ORDERDECK_THEME?" {
		t.Errorf("got %q", got)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(Default())
	f.Add("stores:\n- &a {name: x}\n- *a\nkeys: *a\n")
	f.Add("? [a]\n: b\n")
	f.Fuzz(func(t *testing.T, text string) {
		c := &Config{lines: map[string]int{}}
		p := &parser{file: "f", c: c, scalars: map[string]string{}}
		p.parse([]byte(text)) // must not panic
		for _, err := range p.errs {
			if err.Text == "" {
				t.Errorf("an error without a sentence for %q", text)
			}
		}
	})
}
