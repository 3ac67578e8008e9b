// Package ui is what every screen is given and what every screen must be able to do. Screens know this package and
// nothing of each other.
package ui

import (
	"cmp"
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/config/locale"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
)

// Store is what the screens read. Every call may be slow and is made in a command, never in Update or Draw.
type Store interface {
	Shops(ctx context.Context) ([]store.Shop, error)
	Counts(ctx context.Context, shops []string) (store.Counts, error)
	Window(ctx context.Context, q store.Query, from store.Key, backward bool, limit int) (store.Window, error)
	IDs(ctx context.Context, q store.Query) ([]uint32, error)
	Rows(ctx context.Context, ids []uint32) ([]order.Row, error)
	Count(ctx context.Context, q store.Query, limit int) (int, bool, error)
	Sums(ctx context.Context, q store.Query, limit int) ([]store.Sum, bool, error)
	Record(ctx context.Context, id int64) (order.Record, error)
	Suggest(ctx context.Context, field, prefix string, limit int) ([]string, error)
	MarkSeen(ctx context.Context, ids []int64) error
	Skips(ctx context.Context, shop string, limit int) ([]store.Skip, int, error)
	Indexing() (done, total int)
}

// Syncer is what the screens ask of the synchronisation. None of its methods blocks.
type Syncer interface {
	Request(shops []string) (queued bool, why string)
	Status() []store.SyncState
}

// Icons is how the four actions are drawn.
type Icons struct{ Tracking, Invoice, Receipt, Refund string }

// Context is what a screen may use. It is made once; only the root changes it.
type Context struct {
	Store  Store
	Sync   Syncer
	Theme  *theme.Theme
	Keys   *action.Keymap
	Locale locale.Locale
	Icons  Icons
	Clock  func() time.Time
	Demo   bool
	// Desk buys at suppliers; nil where none can be set up.
	Desk Desk
	// Rates are the merchant's exchange rates as they were read last; only the root changes them.
	Rates []checkout.Rate
	// Settings reads what the merchant has set for suppliers. It may be slow.
	Settings func() (checkout.Settings, error)
	// Find searches the catalogue of a supplier at the supplier itself, page by page; nil where none can be asked.
	Find func(ctx context.Context, supplier, query string, page int) (products []checkout.Product, more bool, err error)
	// Papers makes documents.
	Papers Papers
	// Acts says by store of everything that can be done to orders there why it cannot, "" where it can.
	Acts map[string]map[order.ActKind]string
	// Who is acting, for journal and placements.
	Who    string
	Shops  []store.Shop
	zones  map[string]*time.Location
	titles map[string]string
	// Dark tells which picture of the theme is in use; pictures of products need it.
	Dark bool
	// Open, Close and Run take effect at once, so that the next key already meets the new screen: Open shows a screen by
	// its kind, Close takes a layer away (and those above it), Run carries out an action as if its key were pressed.
	Open  func(Open) tea.Cmd
	Close func(Screen) tea.Cmd
	Run   func(action.ID) tea.Cmd
	// After sends a message after a while; tests put a clock of their own here.
	After func(d time.Duration, msg tea.Msg) tea.Cmd
	// Image gives a product's picture, where one is at hand without waiting.
	Image func(url string) (Picture, bool)
}

// Now is the time of the injected clock.
func (c *Context) Now() time.Time { return c.Clock() }

// SetShops tells which stores there are.
func (c *Context) SetShops(shops []store.Shop) {
	c.Shops = shops
	c.zones, c.titles = map[string]*time.Location{}, map[string]string{}
	for _, s := range shops {
		zone, err := time.LoadLocation(s.Zone)
		if err != nil || s.Zone == "" {
			zone = time.Local
		}
		c.zones[s.Name], c.titles[s.Name] = zone, cmp.Or(s.Title, s.Name)
	}
}

// Zone is the time zone of a shop; times are shown in it.
func (c *Context) Zone(shop string) *time.Location {
	if z := c.zones[shop]; z != nil {
		return z
	}
	return time.Local
}

// Cannot is why something cannot be done at a store, "" where it can.
func (c *Context) Cannot(shop string, kind order.ActKind) string {
	why, known := c.Acts[shop][kind]
	if !known {
		return c.Title(shop) + " is not set up here"
	}
	return why
}

// Title is what a shop calls itself, else its name.
func (c *Context) Title(shop string) string { return cmp.Or(c.titles[shop], shop) }

// Money writes an amount with its code, in the merchant's locale.
func (c *Context) Money(m order.Money) string {
	if m.Currency == "" {
		return "–"
	}
	return m.Currency + " " + c.Amount(m)
}

// Amount writes an amount without its code.
func (c *Context) Amount(m order.Money) string {
	return c.Locale.Amount(m.Minor, order.Exponent(m.Currency))
}

// Sentence is a text that the model, a supplier or the database has for people, in one line, its amounts as everywhere.
func (c *Context) Sentence(text string) string { return c.Locale.Sentence(OneLine(text)) }

// Picture is a small image as rows of pixels.
type Picture interface {
	// Pixel is the colour at a place given in shares of the width and height, 0 ≤ u, v < 1.
	Pixel(u, v float64) (r, g, b uint8)
}

// Screen is one layer of the app: a whole screen, or a dialog above one.
type Screen interface {
	// Update takes every message that is not a key, tagged replies among them; a screen drops those that are not its own.
	Update(msg tea.Msg) tea.Cmd
	// Do carries out an action. handled is false for those that this screen does not know.
	Do(a action.Action) (cmd tea.Cmd, handled bool)
	// Can tells whether an action would do something now, and why not. known is false for those of other screens.
	Can(id action.ID) (ok bool, why string, known bool)
	// Draw paints the screen into a box, completely.
	Draw(c *draw.Canvas, b draw.Box)
	// Footer names the actions that matter most now.
	Footer() []action.ID
}

// Typist is a screen that takes text while it edits: keys are then letters, not actions.
type Typist interface {
	// Editing tells whether text is being typed now.
	Editing() bool
	// Type takes a key while editing; Esc and Enter come here too.
	Type(k tea.KeyPressMsg) tea.Cmd
	// Paste takes pasted text.
	Paste(text string) tea.Cmd
	// Cursor is where the terminal's cursor stands.
	Cursor() (x, y int, ok bool)
}

// Clicker is a screen that takes the mouse.
type Clicker interface {
	Click(x, y int, double bool) tea.Cmd
	Wheel(x, y, lines int) tea.Cmd
}

// Hinter is a screen whose keys mean more, while it takes text, than that Enter ends it and Esc leaves it.
type Hinter interface {
	// Hints are keys as they are shown, each with what it does.
	Hints() [][2]string
}

// Namer is a screen on which an action is called otherwise than elsewhere.
type Namer interface {
	// Name is what an action is called there, for the footer; "" = as everywhere.
	Name(id action.ID) string
}

// Sized is a screen that is drawn as a dialog above the one below: it says how large it wants to be.
type Sized interface {
	Size(w, h int) (int, int)
}

// Open asks for a screen by kind; no screen imports another.
type Open struct {
	Kind string
	Arg  any
}

// Messages that any screen may send.
type (
	// Toast says something in the footer. Errors stay until a key is pressed.
	Toast struct {
		Text string
		Bad  bool
	}
	// StoreChanged is sent after the database changed.
	StoreChanged struct{ Change store.Change }
	// Acted tells that something was done to orders, by local id: they need not be selected any more.
	Acted struct{ IDs []int64 }
	// SyncChanged is sent when the synchronisation moved.
	SyncChanged struct{}
	// PictureArrived is sent when a picture that was asked for is at hand.
	PictureArrived struct{}
	// Tick comes once a second, for ages and spinners.
	Tick time.Time
	// CopyText puts text on the clipboard.
	CopyText struct{ Text, What string }
	// BrowseURL opens an address outside.
	BrowseURL struct{ URL string }
)

// Send makes a command of a message.
func Send(m tea.Msg) tea.Cmd { return func() tea.Msg { return m } }

// Say is a command that shows a toast.
func Say(text string) tea.Cmd { return Send(Toast{Text: text}) }

// Complain is a command that shows an error.
func Complain(err error) tea.Cmd { return Send(Toast{Text: err.Error(), Bad: true}) }

// After sends a message after a while.
func After(d time.Duration, msg tea.Msg) tea.Cmd {
	return tea.Tick(d, func(time.Time) tea.Msg { return msg })
}
