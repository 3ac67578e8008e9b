package config

import "time"

// SupplierConfig is one supplier of the file.
type SupplierConfig struct {
	Name           string // a–z, 0–9 and -, as a store's
	Kind           string // manual, cj, demo
	Title          string // for people; "" = Name
	URL            string // where its API answers; "" = where the kind usually does
	Currency       string // in which it is paid, ISO 4217
	Mode           string // manual or auto
	Cap            string // the most that is spent there in a day, decimal text in Currency; "" = no cap
	PayWith        string // code of the payment method that is preselected; "" = the first that will do
	NoteMax        int    // characters of an instruction; -1 = what the kind takes
	BrandedInvoice *bool  // nil = not said
	ReturnDays     int    // 0 = not said
	ProcessingDays [2]int // business days from payment to dispatch; 0, 0 = not said
	TellStore      bool
	NotifyCustomer bool
	MailTo         string // who gets the purchase orders of a manual supplier; "" = nobody
	Sandbox        bool   // orders are for practice, where the supplier has such a thing
	Platform       string // kind of store that the supplier is told orders come from (cj); "" = that of the store
	Warehouse      string // country that is sent from (cj), ISO 3166-1 alpha-2; "" = CN
	IOSS           string // how tax is declared for the European Union (cj): cj, none or a number; "" = cj
}

// RateConfig is what one unit of From is worth in To on a day.
type RateConfig struct {
	From, To string // ISO 4217
	Rate     string // decimal text, more than nothing
	Date     time.Time
	Line     int // in the file
}

// BrandConfig is what branded documents look like.
type BrandConfig struct {
	Name      string
	Logo      string // a PNG or JPEG file; "" = none
	Color     string // #rrggbb
	Address   string // may have several lines
	Message   string // may have several lines
	Font      string // a TrueType or OpenType file for scripts that the built-in font does not have; "" = one of the system
	Languages []string
}

// MailConfig is the server that mail is sent through. Its password is kept where keys are kept, as MailSecret.
type MailConfig struct {
	Host string // "" = no mail is sent
	Port int
	User string // "" = the server asks for none
	From string
}

// Rules are the shipping and packaging rules of rules.yaml.
type Rules struct {
	Shipping  []RuleConfig
	Packaging []PackagingConfig
}

// RuleConfig is one shipping rule. Amounts are texts such as "50.00 USD".
type RuleConfig struct {
	Name           string   `yaml:"name"`
	Sequence       int      `yaml:"sequence"` // where the file has none: 10 more than the rule before
	Disabled       bool     `yaml:"disabled,omitempty"`
	Supplier       string   `yaml:"supplier,omitempty"`
	Countries      []string `yaml:"countries,omitempty,flow"`
	AmountFrom     string   `yaml:"amount_from,omitempty"`
	AmountTo       string   `yaml:"amount_to,omitempty"`
	FreightFrom    string   `yaml:"freight_from,omitempty"`
	FreightTo      string   `yaml:"freight_to,omitempty"`
	Method         string   `yaml:"method"`
	CashOnDelivery bool     `yaml:"cash_on_delivery,omitempty"`
	Line           int      `yaml:"-"` // in the file; 0 = not from a file
}

// PackagingConfig is one packaging rule.
type PackagingConfig struct {
	Name      string   `yaml:"name"`
	Sequence  int      `yaml:"sequence"`
	Disabled  bool     `yaml:"disabled,omitempty"`
	Supplier  string   `yaml:"supplier,omitempty"`
	Stores    []string `yaml:"stores,omitempty,flow"`
	Countries []string `yaml:"countries,omitempty,flow"`
	Tags      []string `yaml:"tags,omitempty,flow"`
	SKUs      []string `yaml:"skus,flow"`
	CardText  string   `yaml:"card_text,omitempty"`
	Line      int      `yaml:"-"` // in the file; 0 = not from a file
}

// The names under which secrets are kept that are no store's: no store can be called so.
const (
	// MailSecret is the password of the mail server.
	MailSecret     = "mail:"
	supplierSecret = "supplier:"
	tokenSecret    = "token:"
)

// SupplierSecret is the name under which the key of a supplier is kept.
func SupplierSecret(supplier string) string { return supplierSecret + supplier }

// SupplierToken is the name under which what a supplier gave for its key is kept, where that must outlive the program.
func SupplierToken(supplier string) string { return tokenSecret + supplier }

// Supplier is the supplier of that name.
func (c *Config) Supplier(name string) (SupplierConfig, bool) {
	for _, s := range c.Suppliers {
		if s.Name == name {
			return s, true
		}
	}
	return SupplierConfig{}, false
}
