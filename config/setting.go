package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/config/locale"
)

// Setting is one setting of the file that has a name and a default. The settings model below is the only place that
// knows what there is: reading, checking, the file of defaults and `config show` all go by it.
type Setting struct {
	Key     string   // as in the file; a dot stands for a level
	Doc     string   // what it does, for the merchant, one line or several
	Default string   // as it is written in the file; lists as [a, b]
	Values  []string // what may be written, where that is a fixed list
	kind    kind
	check   func(value string) error
}

type kind int

const (
	text kind = iota
	choice
	flag
	duration
	list
	stores    // a list of mappings, see storeFields
	keymap    // a mapping whose keys keep their case and dots
	suppliers // a mapping of names to mappings, see supplierFields
	rates     // a list of mappings, see rateFields
	number    // a whole number
)

// plain tells whether a setting is one text, so that the environment can say it too.
func (k kind) plain() bool { return k != stores && k != keymap && k != suppliers && k != rates }

// Columns are the names of the columns that the orders table can show.
var Columns = []string{
	"order", "date", "updated", "store", "customer", "country", "city", "email", "phone", "items", "supplier", "stage",
	"payment", "fulfilment", "tracking", "tags", "cost", "total",
}

// The values that settings have when nobody chose.
const (
	DefaultEvery  = 10 * time.Minute
	shortestEvery = 10 * time.Second
)

// Settings lists every setting at the top of the file, in the order in which the file of defaults shows them.
var Settings = []Setting{
	{
		Key: "stores", kind: stores, Default: "[]",
		Doc: "Your stores. `orderdeck store add` writes them here after it has tested the connection.\n" +
			"Keys never stand in this file: see secrets.",
	},
	{
		Key: "suppliers", kind: suppliers, Default: "{}",
		Doc: "Who you buy from. `orderdeck supplier add` writes them here. Keys never stand in this file: see secrets.\n" +
			"The shipping and packaging rules stand in rules.yaml beside this file: `orderdeck rules --help`.",
	},
	{
		Key: "rates", kind: rates, Default: "[]",
		Doc: "What one unit of a currency is worth in another one, and on which day that was so. The youngest counts, in both\n" +
			"directions. Without a rate a margin between two currencies is not shown.",
	},
	{
		Key: "base", kind: text, check: checkCurrency, Default: "",
		Doc: "Your own currency (EUR, BRL, …): what suppliers are paid is shown in it too, where there is a rate.",
	},
	{
		Key: "secrets", kind: choice, Values: []string{ModeKeyring, ModeFile, ModeEnv}, Default: "",
		Doc: "Where the keys of stores and suppliers are kept: keyring (the system's), file (a folder of yours that only you\n" +
			"can read, next to this file) or env (you set ORDERDECK_STORE_<NAME>_KEY and ORDERDECK_SUPPLIER_<NAME>_KEY;\n" +
			"nothing is written).\n" +
			"Chosen when the first store is added; Orderdeck never falls back to a weaker one by itself.",
	},
	{
		Key: "sync.every", kind: duration, Default: "10m",
		Doc: "How often stores are read while Orderdeck is open or `orderdeck sync --watch` runs: 90s, 10m, 1h30m, or off.\n" +
			"A store may have an interval of its own.",
	},
	{
		Key: "locale", kind: choice, Values: locale.Names(), Default: "",
		Doc: "How numbers, money and dates are written, and which decimal mark the search line reads.\n" +
			"When nothing is set, what LANG says.",
	},
	{
		Key: "timezone", kind: text, check: checkZone, Default: "",
		Doc: "The zone in which dates are shown and understood where a store has none of its own: America/Sao_Paulo.\n" +
			"When nothing is set, the computer's.",
	},
	{
		Key: "theme", kind: choice, Values: []string{"auto", "dark", "light"}, Default: "auto",
		Doc: "Colours for a dark or a light background; auto asks the terminal. NO_COLOR turns colours off.",
	},
	{
		Key: "icons", kind: choice, Values: []string{"emoji", "nerd", "plain"}, Default: "emoji",
		Doc: "Pictures in front of actions and marks. nerd needs a patched font; plain is letters only.",
	},
	{
		Key: "mouse", kind: flag, Values: []string{"true", "false"}, Default: "true",
		Doc: "Whether clicks and the wheel go to Orderdeck. With false the terminal selects text as usual\n" +
			"(with true, hold Shift to select).",
	},
	{
		Key: "columns", kind: list, Values: Columns, Default: "[]",
		Doc: "The columns of the orders table, from left to right: [order, date, customer, items, supplier, cost, total].\n" +
			"When nothing is set, those that suit the tab and the stores.",
	},
	{
		Key: "keys", kind: keymap, Default: "{}",
		Doc: "Your own keys: the name of an action and the key or keys that start it.\n" +
			"`orderdeck config show --actions` lists the names. An empty list takes the keys of an action away;\n" +
			"a key that two actions claim is refused.",
	},
	{
		Key: "csv.profile", kind: choice, Values: []string{"orders", "lines", "shopify", "json"}, Default: "orders",
		Doc: "What an export has: orders (a row an order), lines (a row a product), shopify (the 79 columns of Shopify's own\n" +
			"export), json (an object a line).",
	},
	{
		Key: "csv.for", kind: choice, Values: []string{"excel-br", "excel-pt", "excel-pl", "machine"}, Default: "",
		Doc: "Who reads an export: Excel in Brazil, Portugal or Poland, or a machine (RFC 4180, ISO 8601, decimal point).\n" +
			"When nothing is set, the screen suggests the one of your locale, and the command writes for a machine.",
	},
	{
		Key: "csv.folder", kind: text, Default: "",
		Doc: "The folder that exports go to when only a file name is given. When nothing is set, the current folder.",
	},
	{
		Key: "brand.name", kind: text, Default: "",
		Doc: "The name on branded invoices. When nothing is set, the store's own.",
	},
	{
		Key: "brand.logo", kind: text, check: checkPicture, Default: "",
		Doc: "The logo on branded invoices: a PNG or JPEG file.",
	},
	{
		Key: "brand.color", kind: text, check: checkColor, Default: "",
		Doc: "The colour of lines and headings on branded invoices: \"#7c3aed\" (in quotes, or it is a comment).",
	},
	{
		Key: "brand.address", kind: text, Default: "",
		Doc: "Your address, tax number and how to reach you, on branded invoices. It may have several lines, after `address: |`.",
	},
	{
		Key: "brand.message", kind: text, Default: "",
		Doc: "A message to the customer at the end of branded invoices. It may have several lines.",
	},
	{
		Key: "brand.font", kind: text, check: checkFont, Default: "",
		Doc: "A TrueType or OpenType font (.ttf, .otf, .ttc) for scripts that the built-in one does not have, such as Japanese.\n" +
			"When nothing is set, one of your system is looked for.",
	},
	{
		Key: "brand.languages", kind: list, check: checkLanguage, Default: "[]",
		Doc: "The languages in which you want branded invoices: [pt-BR, en]. An order in another language gets the first.\n" +
			"When nothing is set, each in the order's own language where Orderdeck knows it.",
	},
	{
		Key: "mail.host", kind: text, Default: "",
		Doc: "The server through which purchase orders are mailed: smtp.example. Without one no mail is sent.\n" +
			"Its password is kept where keys are kept: see secrets.",
	},
	{
		Key: "mail.port", kind: number, check: checkPort, Default: "587",
		Doc: "Its port: 587 (begins in the open and is encrypted then) or 465 (encrypted from the start).",
	},
	{
		Key: "mail.user", kind: text, Default: "",
		Doc: "Your name there. When nothing is set, it is not asked for one.",
	},
	{
		Key: "mail.from", kind: text, check: checkMail, Default: "",
		Doc: "The address that your mail comes from: orders@shop.example.",
	},
	{
		Key: "data", kind: text, Default: "",
		Doc: "The folder of the database, the logs and what Orderdeck remembers of its windows.\n" +
			"When nothing is set, the data folder that your system has for programs.",
	},
}

// field is one field of a store, a supplier, a rate or a rule in the file.
type field struct {
	name    string
	doc     string
	kind    kind
	values  []string // of a choice
	example string   // in the file of defaults
	check   func(string) error
}

// storeFields lists the fields that a store has, in the order in which they are written.
var storeFields = []field{
	{name: "name", kind: text, check: CheckStoreName, example: "shop", doc: "how you call it here: store:shop, shop/1042"},
	{name: "platform", kind: text, example: "vendure", doc: "what it runs on"},
	{name: "url", kind: text, check: checkStoreURL, example: "https://shop.example/admin-api", doc: "where its API answers"},
	{name: "pull", kind: text, example: "all", doc: `which orders to fetch: all, or a filter such as "customer_payment:paid fulfilment:unfulfilled"`},
	{name: "every", kind: duration, example: "10m", doc: "how often; by default sync.every"},
	{name: "own_stock", kind: flag, example: "false", doc: "true when you ship from your own shelves"},
	{name: "authorized_is_paid", kind: flag, example: "false", doc: "true when an authorized payment is enough to go on"},
	{name: "notify_customer", kind: flag, example: "false", doc: "whether messages to customers are on to begin with"},
	{
		name: "key_in_address", kind: flag, example: "false",
		doc: "WooCommerce: true where its web server takes the Authorization header away; the key is in the server's logs then",
	},
	{name: "hold_days", kind: number, check: upTo(365), example: "0", doc: "days after an order during which it is not bought, since the customer may cancel"},
	{name: "timezone", kind: text, check: checkZone, example: "America/Sao_Paulo", doc: "the store's zone; by default its own or yours"},
}

// CheckStoreName tells what is wrong with a store's name.
func CheckStoreName(name string) error { return checkName("store", "shop", name) }

// CheckSupplierName tells what is wrong with a supplier's name.
func CheckSupplierName(name string) error { return checkName("supplier", "lumen", name) }

func checkName(of, example, name string) error {
	ok := name != "" && len(name) <= 32 && name[0] != '-'
	for _, r := range name {
		ok = ok && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-')
	}
	if !ok {
		return fmt.Errorf("%q cannot be a %s's name: use up to 32 of a–z, 0–9 and -, such as %[3]s or %[3]s-eu", name, of, example)
	}
	return nil
}

func checkZone(name string) error {
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		return fmt.Errorf("%q is no time zone that is known here: write an IANA name such as America/Sao_Paulo or Europe/Warsaw", name)
	}
	return nil
}

// ParseEvery reads an interval between two fetches; "off" is 0.
func ParseEvery(value string) (time.Duration, error) {
	if value == "off" {
		return 0, nil
	}
	d, err := time.ParseDuration(value)
	if err != nil {
		return 0, fmt.Errorf("%q is no interval: write 90s, 10m, 1h30m or off", value)
	}
	if d < shortestEvery || d > 30*24*time.Hour {
		return 0, fmt.Errorf("an interval of %s is out of bounds: write 10s at least and 720h at most, or off", value)
	}
	return d, nil
}

// validate checks the text of one single-valued setting.
func (s Setting) validate(value string) error {
	return validate(s.Key, s.kind, s.Values, s.check, value)
}

func validate(name string, k kind, values []string, check func(string) error, value string) error {
	switch {
	case k == duration:
		_, err := ParseEvery(value)
		return err
	case k == flag && value != "true" && value != "false":
		return fmt.Errorf("%s cannot be %q: write true or false", name, value)
	case k == choice && !slices.Contains(values, value):
		return fmt.Errorf("%s cannot be %q: use %s", name, value, orList(values))
	case k == number && !digits(value):
		return fmt.Errorf("%s cannot be %q: write a whole number", name, value)
	case check != nil && value != "":
		return check(value)
	}
	return nil
}

// digits tells whether a text is a whole number that is not negative and can be kept.
func digits(value string) bool {
	return value != "" && len(value) <= 9 && strings.Trim(value, "0123456789") == ""
}

// orList writes "a, b or c".
func orList(values []string) string {
	if len(values) < 2 {
		return strings.Join(values, "")
	}
	return strings.Join(values[:len(values)-1], ", ") + " or " + values[len(values)-1]
}

func setting(key string) (Setting, bool) {
	i := slices.IndexFunc(Settings, func(s Setting) bool { return s.Key == key })
	if i < 0 {
		return Setting{}, false
	}
	return Settings[i], true
}

// environment is the variable that sets a setting, or "" for what only the file can say.
func (s Setting) environment() string {
	if !s.kind.plain() {
		return ""
	}
	return "ORDERDECK_" + strings.ToUpper(strings.ReplaceAll(s.Key, ".", "_"))
}
