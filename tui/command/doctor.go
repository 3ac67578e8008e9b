package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/tui/action"
)

// askTimeout is how long the doctor waits for one store.
const askTimeout = 20 * time.Second

// finding is one thing that the doctor looked at. public is its text for the support file where the text itself names
// things that are nobody else's business.
type finding struct {
	store.Finding
	public string
}

// examination is one visit to the doctor.
type examination struct {
	s        *session
	config   *config.Config // nil when the settings are refused
	db       *store.DB      // nil when the database cannot be opened
	path     string         // of the database
	findings []finding
}

func (s *session) doctorCommand() *cobra.Command {
	var asJSON, offline, repair bool
	var bundle string
	cmd := &cobra.Command{
		Use: "doctor", Short: "Check database, settings, keys and stores, and say what to do", GroupID: "care", Args: noArgs,
		Long: "Checks the settings, the folders, the database (its integrity, counters and search index), the free space, who\n" +
			"talks to the stores, the keys, and each store's answer and clock. It changes nothing, and says what to do about\n" +
			"what it finds. The exit code is 1 when something is broken.\n\n" +
			"--repair first makes the tabs' numbers and the search index anew from the orders. No order is changed by it.\n" +
			"--bundle writes a file for those who help you: versions, settings, findings, the shape of the database and\n" +
			"numbers of orders. There are no keys, addresses, names or orders in it.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if repair {
				if err := s.repair(cmd.Context()); err != nil {
					return err
				}
			}
			return s.doctor(cmd.Context(), asJSON, offline, bundle)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, one finding a line")
	cmd.Flags().BoolVar(&offline, "offline", false, "do not ask the stores")
	cmd.Flags().BoolVar(&repair, "repair", false, "make counters and search index anew before looking")
	cmd.Flags().StringVar(&bundle, "bundle", "", "write a support `FILE` (.zip) as well")
	return cmd
}

func (s *session) doctor(ctx context.Context, asJSON, offline bool, bundle string) (err error) {
	if bundle != "" {
		if _, err := os.Lstat(bundle); err == nil {
			return usage("%s exists already and is left as it is: choose another name for the support file", bundle)
		}
	}
	x := &examination{s: s}
	defer func() {
		if x.db != nil {
			err = errors.Join(err, x.db.Close())
		}
	}()
	x.settings()
	if x.config != nil {
		x.folders()
		x.database(ctx)
		x.wire(ctx)
		if !s.demo && s.orders == 0 {
			x.stores(ctx, offline)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	broken := 0
	for _, f := range x.findings {
		if f.Severity == store.Broken {
			broken++
		}
		if asJSON {
			err = writeJSON(s.out, f.Finding)
		} else {
			err = s.tell(f.Finding)
		}
		if err != nil {
			return err
		}
	}
	if bundle != "" {
		if err := x.bundle(ctx, bundle); err != nil {
			return err
		}
		fmt.Fprintf(s.err, "%s has been written. Look into it before you pass it on.\n", bundle)
	}
	if broken > 0 {
		return silent(ExitFailed)
	}
	return nil
}

// repair makes anew what can be made from the orders themselves.
func (s *session) repair(ctx context.Context) (err error) {
	a, err := s.open(ctx, opening{wire: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	var tell func(done, total int)
	if isTerminal(s.err) {
		tell = func(done, total int) {
			fmt.Fprintf(s.err, "\r\x1b[K%s of %s orders", a.Config.Locale.Number(int64(done)), a.Config.Locale.Number(int64(total)))
		}
		defer fmt.Fprint(s.err, "\r\x1b[K")
	}
	return a.DB.Rebuild(ctx, tell)
}

func (s *session) tell(f store.Finding) error {
	mark := map[store.Severity]string{store.Fine: "ok", store.Warning: "note", store.Broken: "BROKEN"}[f.Severity]
	text := fmt.Sprintf("%-8s %-12s %s", mark, words(f.Check), sentence(errors.New(f.Text)))
	if f.Do != "" {
		text += "\n" + strings.Repeat(" ", 22) + "→ " + sentence(errors.New(f.Do))
	}
	_, err := fmt.Fprintln(s.out, text)
	return err
}

func (x *examination) add(check string, severity store.Severity, text, do string) {
	x.findings = append(x.findings, finding{Finding: store.Finding{Check: check, Severity: severity, Text: text, Do: do}})
}

// private is add for a text with names in it; public says the same without them.
func (x *examination) private(check string, severity store.Severity, text, do, public string) {
	x.add(check, severity, text, do)
	x.findings[len(x.findings)-1].public = public
}

func (x *examination) settings() {
	c, err := x.s.load(true)
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			x.private("settings", store.Broken, strings.TrimSpace(line), "mend this line; until then Orderdeck does not start", "a setting is refused")
		}
		return
	}
	x.config = c
	text := c.File + " is fine"
	if !c.Exists {
		text = "there is no settings file, so everything is as by default"
	}
	x.private("settings", store.Fine, text, "", "the settings are fine")
	if _, err := action.NewKeymap(c.Keys); err != nil {
		x.add("keys", store.Broken, err.Error(), "mend `keys` in "+c.File)
	}
	if _, err := c.Views(); err != nil {
		x.private("views", store.Broken, err.Error(), "mend the file, or move it away", "the saved views are refused")
	}
	for _, name := range config.Unread(os.Environ()) {
		x.add("settings", store.Warning, "the variable "+name+" is set and nothing reads it", "unset it, or spell it right")
	}
}

// folders looks whether what is private is private.
func (x *examination) folders() {
	open := 0
	_ = filepath.WalkDir(x.config.Data, func(name string, d fs.DirEntry, err error) error {
		if err != nil || runtime.GOOS == "windows" {
			return filepath.SkipAll
		}
		if info, err := d.Info(); err == nil && d.Type()&fs.ModeSymlink == 0 && info.Mode().Perm()&0o077 != 0 {
			open++
		}
		return nil
	})
	if open > 0 {
		x.private("folders", store.Warning, fmt.Sprintf("others on this computer may read %s in %s", plural(open, "file or folder", "files or folders"), x.config.Data),
			"run `chmod -R go= "+x.config.Data+"`", "others may read the data folder")
		return
	}
	x.private("folders", store.Fine, x.config.Data+" is yours alone", "", "the data folder is private")
}

func (x *examination) database(ctx context.Context) {
	x.path = filepath.Join(x.config.Data, "orderdeck.db")
	if x.s.demo || x.s.orders != 0 {
		orders, err := x.s.demoOrders()
		if err != nil {
			x.add("database", store.Broken, err.Error(), "")
			return
		}
		x.path = demoPath(x.config.Data, orders)
	}
	if _, err := os.Stat(x.path); os.IsNotExist(err) {
		x.add("database", store.Fine, "there is no database yet; it is made when orders are first fetched", "")
		return
	}
	db, err := openReading(ctx, x.path)
	if err != nil {
		x.private("database", store.Broken, err.Error(), "", "the database cannot be opened: "+string(store.CodeOf(err)))
		return
	}
	x.db = db
	found, err := db.Check(ctx)
	if err != nil {
		x.private("database", store.Broken, err.Error(), "", "the database cannot be checked: "+string(store.CodeOf(err)))
		return
	}
	for _, f := range found {
		x.findings = append(x.findings, finding{Finding: f})
	}
}

// wire looks who talks to the stores.
func (x *examination) wire(ctx context.Context) {
	if x.db == nil {
		return
	}
	if _, err := os.Stat(wirePath(x.path)); os.IsNotExist(err) {
		x.add("syncing", store.Fine, "no process is fetching orders now", "")
		return
	}
	lock := flock.New(wirePath(x.path))
	free, err := lock.TryLock()
	if err != nil {
		x.private("syncing", store.Broken, fmt.Sprintf("the lock file %s cannot be used: %v", wirePath(x.path), reason(err)),
			"make its folder writable for you, on a disk of this computer", "the lock file cannot be used")
		return
	}
	if free {
		_ = lock.Unlock()
		x.add("syncing", store.Fine, "no process is fetching orders now", "")
		return
	}
	pid := 0
	if states, err := x.db.SyncStates(ctx); err == nil {
		for _, st := range states {
			pid = max(pid, st.PID)
		}
	}
	x.add("syncing", store.Fine, fmt.Sprintf("process %d looks after the stores of this database", pid), "")
}

// stores looks at the keys and asks each store.
func (x *examination) stores(ctx context.Context, offline bool) {
	c := x.config
	if len(c.Stores) == 0 {
		x.add("stores", store.Warning, "no store is connected", "add one with `orderdeck store add`, or look around with `orderdeck --demo`")
		return
	}
	files := x.s.offline()
	asked := slices.DeleteFunc(slices.Clone(c.Stores), func(st config.StoreConfig) bool { return slices.Contains(files, st.Platform) })
	if len(asked) == 0 {
		x.add("stores", store.Fine, "the orders of all stores come from files", "")
		return
	}
	secrets, err := c.OpenSecrets(c.Secrets, x.s.configOptions(true))
	if err != nil {
		x.add("keys", store.Broken, err.Error(), "")
		return
	}
	for i, st := range asked {
		name := fmt.Sprintf("store %d of %d", i+1, len(asked))
		if _, err := secrets.Get(ctx, st.Name); err != nil {
			x.private("key", store.Broken, st.Name+": "+err.Error(), "", name+": its key cannot be read")
			continue
		}
		x.private("key", store.Fine, fmt.Sprintf("%s: there is a key (%s)", st.Name, c.Secrets), "", name+": there is a key")
		if !offline {
			x.ask(ctx, st, name)
		}
	}
	x.leftOver(ctx)
}

func (x *examination) ask(ctx context.Context, st config.StoreConfig, name string) {
	limited, cancel := context.WithTimeoutCause(ctx, askTimeout, fmt.Errorf("it did not answer within %s", askTimeout))
	defer cancel()
	info, err := x.s.test(limited, x.config, st)
	if err != nil {
		if cause := context.Cause(limited); cause != nil && ctx.Err() == nil {
			err = cause
		}
		x.private("connection", store.Broken, st.Name+": "+err.Error(), "run `orderdeck store test "+st.Name+"` again later, or `orderdeck store key "+st.Name+"` if the key has changed",
			name+": the connection fails: "+string(sync.KindOf(err)))
		return
	}
	text := st.Name + ": connected to " + info.Title
	if info.Version != "" {
		text += ", " + info.Version
	}
	x.private("connection", store.Fine, text, "", name+": "+strings.TrimSpace(st.Platform+" "+info.Version)+" answers")
	for _, w := range info.Warnings {
		x.private("connection", store.Warning, st.Name+": "+w, "", name+": "+w)
	}
	if info.ClockSkew.Abs() >= time.Minute {
		x.private("clock", store.Warning, fmt.Sprintf("%s: its clock and this computer's are %s apart", st.Name, info.ClockSkew.Abs().Round(time.Second)),
			"set this computer's clock by the network", name+": the clocks differ")
	}
}

// leftOver finds stores that the database has and the settings do not.
func (x *examination) leftOver(ctx context.Context) {
	if x.db == nil {
		return
	}
	shops, err := x.db.Shops(ctx)
	if err != nil {
		return // Check has said so
	}
	for _, shop := range shops {
		if !slices.ContainsFunc(x.config.Stores, func(st config.StoreConfig) bool { return st.Name == shop.Name }) {
			x.private("stores", store.Warning, "the database has orders of "+shop.Name+", which is not in the settings: they are shown and no longer fetched",
				"add the store again, under the same name", "a store is in the database and not in the settings")
		}
	}
}
