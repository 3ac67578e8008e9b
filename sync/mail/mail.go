// Package mail sends mail through the merchant's own mail server.
//
// A message goes out encrypted or not at all, unless the server is this machine. Nothing is repeated: an error says
// whether the message certainly did not leave (ErrNotSent); with any other it may have.
package mail

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/orderdeck/orderdeck/store/order/text"
)

// ErrNotSent stands in an error when the message certainly did not leave.
var ErrNotSent = errors.New("the mail was not sent")

// The bounds of a message.
const (
	mostRecipients  = 20
	mostAttachments = 20
	mostBytes       = 20 << 20 // of text and attachments; few servers take more
)

// The usual ports.
const (
	portTLS      = 465 // encrypted from the first byte
	portStartTLS = 587
)

// Options say through which server mail goes.
type Options struct {
	Host     string
	Port     int    // 0 = 587; 465 is encrypted from the first byte, any other with STARTTLS
	User     string // "" = the server asks for none
	Password string
	From     string        // "Orders <orders@example.com>"
	Timeout  time.Duration // of a whole message; 0 = DefaultTimeout
	// TLS is for servers with certificates of their own; nil = the system's roots.
	TLS *tls.Config
}

// DefaultTimeout is how long a message may take.
const DefaultTimeout = 45 * time.Second

// Message is one mail.
type Message struct {
	To          []string
	Subject     string
	Text        string
	ID          string // of ours, made of letters, digits and -; the same for the same message. "" = a new one
	Attachments []Attachment
}

// Attachment is a file that goes with a mail.
type Attachment struct {
	Name string
	Type string // "application/pdf"
	Data []byte
}

// Sender sends mail. It may be used from any goroutine.
type Sender struct {
	o    Options
	from *netmail.Address
}

// New makes a sender. Nothing is sent or looked up.
func New(o Options) (*Sender, error) {
	o.Host = strings.TrimSpace(o.Host)
	o.Port, o.Timeout = cmp.Or(o.Port, portStartTLS), cmp.Or(o.Timeout, DefaultTimeout)
	switch {
	case o.Host == "" || strings.ContainsFunc(o.Host, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return nil, fmt.Errorf("the mail server %q is no name of a machine; set mail.host", text.Clean(o.Host))
	case o.Port < 1 || o.Port > 65535:
		return nil, fmt.Errorf("the port %d of the mail server does not exist; set mail.port, usually to %d or %d", o.Port, portStartTLS, portTLS)
	}
	from, err := address(o.From)
	if err != nil {
		return nil, fmt.Errorf("the sender of mail: %w; set mail.from", err)
	}
	return &Sender{o: o, from: from}, nil
}

// From is who mail comes from.
func (s *Sender) From() string { return s.from.String() }

// address reads an address that stands on one line.
func address(a string) (*netmail.Address, error) {
	if strings.ContainsFunc(a, unicode.IsControl) {
		return nil, fmt.Errorf("%q is no mail address: it has control characters in it", text.Clean(a))
	}
	parsed, err := netmail.ParseAddress(a)
	if err != nil {
		return nil, fmt.Errorf("%q is no mail address", text.Clean(a))
	}
	parsed.Name = text.Clean(parsed.Name)
	return parsed, nil
}

// Send sends a message. It ends with the context, or when the time limit has passed.
func (s *Sender) Send(ctx context.Context, m Message) error {
	msg, err := s.compose(&m)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	l := &line{s: s}
	defer l.close()
	client, err := s.client(l)
	if err != nil {
		return s.told(ErrNotSent, err)
	}
	if err := client.DialWithContext(ctx); err != nil {
		return s.told(ErrNotSent, errors.Join(err, ctx.Err()))
	}
	stop := context.AfterFunc(ctx, l.close)
	err = client.Send(msg)
	if !stop() && err != nil {
		err = errors.Join(err, ctx.Err())
	}
	if err == nil {
		_ = client.Close() // it has been taken, whatever becomes of the farewell
		return nil
	}
	return s.failed(err)
}

// failed tells what is certain from what is not.
func (s *Sender) failed(err error) error {
	var told *gomail.SendError
	if !errors.As(err, &told) {
		return s.told(nil, err)
	}
	switch told.Reason {
	case gomail.ErrSMTPReset: // after it was taken
		return nil
	case gomail.ErrGetSender, gomail.ErrGetRcpts, gomail.ErrSMTPMailFrom, gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrConnCheck,
		gomail.ErrNoUnencoded:
		return s.told(ErrNotSent, err) // nothing of the message has left
	case gomail.ErrSMTPDataClose:
		if told.ErrorCode() >= 400 {
			return s.told(ErrNotSent, err) // the server said no
		}
	}
	return s.told(nil, err)
}

// told is an error without the password in it.
func (s *Sender) told(kind, err error) error {
	what := text.Limit(text.Clean(s.scrub(err.Error())), 300)
	if kind == nil {
		return fmt.Errorf("it is not known whether the mail left: %s", what)
	}
	return fmt.Errorf("%w: %s", kind, what)
}

func (s *Sender) scrub(what string) string {
	if s.o.Password == "" {
		return what
	}
	return strings.ReplaceAll(what, s.o.Password, "•••")
}

// compose makes the message, and refuses what must not stand in one.
func (s *Sender) compose(m *Message) (*gomail.Msg, error) {
	size := len(m.Text)
	for i := range m.Attachments {
		size += len(m.Attachments[i].Data)
	}
	switch {
	case len(m.To) == 0:
		return nil, errors.New("it has no recipient")
	case len(m.To) > mostRecipients:
		return nil, fmt.Errorf("it has %d recipients, and may have %d", len(m.To), mostRecipients)
	case len(m.Attachments) > mostAttachments:
		return nil, fmt.Errorf("it has %d files, and may have %d", len(m.Attachments), mostAttachments)
	case size > mostBytes:
		return nil, fmt.Errorf("it is larger than %d MB", mostBytes>>20)
	}
	msg := gomail.NewMsg()
	msg.FromMailAddress(s.from)
	for _, to := range m.To {
		a, err := address(to)
		if err != nil {
			return nil, err
		}
		if err := msg.AddTo(a.String()); err != nil {
			return nil, fmt.Errorf("%q is no mail address", text.Clean(to))
		}
	}
	msg.Subject(text.Clean(m.Subject))
	msg.SetDate()
	if m.ID == "" {
		msg.SetMessageID()
	} else {
		domain := s.from.Address[strings.LastIndexByte(s.from.Address, '@')+1:]
		msg.SetMessageIDWithValue(plain(m.ID) + "@" + domain)
	}
	msg.SetBodyString(gomail.TypeTextPlain, text.CleanLines(m.Text))
	for i := range m.Attachments {
		a := &m.Attachments[i]
		if err := msg.AttachReader(fileName(a.Name), bytes.NewReader(a.Data), gomail.WithFileContentType(contentType(a.Type))); err != nil {
			return nil, err
		}
	}
	return msg, nil
}

// plain keeps the letters, digits and - of a text.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-') {
			return r
		}
		return '-'
	}, s)
}

// fileName is a name without folders and without what ends a header.
func fileName(name string) string {
	name = path.Base(strings.ReplaceAll(text.Clean(name), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '"' || r == ';' {
			return '_'
		}
		return r
	}, name)
	if name == "." || name == "/" || name == ".." {
		return "file"
	}
	return text.Limit(name, 120)
}

func contentType(t string) gomail.ContentType {
	for _, r := range t {
		if r != '/' && r != '-' && r != '+' && r != '.' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)) {
			return gomail.TypeAppOctetStream
		}
	}
	if t == "" {
		return gomail.TypeAppOctetStream
	}
	return gomail.ContentType(t)
}

// client is a client for one message.
func (s *Sender) client(l *line) (*gomail.Client, error) {
	options := []gomail.Option{
		gomail.WithPort(s.o.Port), gomail.WithTimeout(s.o.Timeout), gomail.WithDialContextFunc(l.dial), gomail.WithTLSConfig(s.tls()),
		gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithHELO("localhost"), gomail.WithoutNoop(),
	}
	switch {
	case s.o.Port == portTLS:
		options = append(options, gomail.WithSSL())
	case loopback(s.o.Host):
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if s.o.User != "" {
		options = append(options, gomail.WithSMTPAuthCustom(&login{user: s.o.User, password: s.o.Password, plain: loopback(s.o.Host)}))
	}
	return gomail.NewClient(s.o.Host, options...)
}

func (s *Sender) tls() *tls.Config {
	c := &tls.Config{}
	if s.o.TLS != nil {
		c = s.o.TLS.Clone()
	}
	c.ServerName, c.MinVersion = s.o.Host, max(c.MinVersion, tls.VersionTLS12)
	return c
}

// loopback tells whether a name means this machine. What it leads to is looked at again once it is connected.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// line is the connection of one message, so that it can be cut.
type line struct {
	s    *Sender
	conn net.Conn
}

func (l *line) close() {
	if l.conn != nil {
		_ = l.conn.Close() // nothing follows
	}
}

func (l *line) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	at := net.JoinHostPort(l.s.o.Host, strconv.Itoa(l.s.o.Port))
	conn, err := (&net.Dialer{}).DialContext(ctx, network, at)
	if err != nil {
		return nil, err
	}
	l.conn = conn
	if l.s.o.Port == portTLS {
		secure := tls.Client(conn, l.s.tls())
		return secure, secure.HandshakeContext(ctx)
	}
	if peer, ok := conn.RemoteAddr().(*net.TCPAddr); loopback(l.s.o.Host) && (!ok || !peer.IP.IsLoopback()) {
		return nil, fmt.Errorf("%s leads to another machine", l.s.o.Host)
	}
	return conn, nil
}

// login is PLAIN, or LOGIN where the server knows no better; never over a line that is not encrypted, but to this
// machine.
type login struct {
	user, password string
	plain          bool
	steps          int
}

func (a *login) Start(server *smtp.ServerInfo) (method string, first []byte, err error) {
	if !server.TLS && !a.plain {
		return "", nil, errors.New("the server wants a password over a line that is not encrypted")
	}
	for _, have := range server.Auth {
		if strings.EqualFold(have, "PLAIN") {
			return "PLAIN", []byte("\x00" + a.user + "\x00" + a.password), nil
		}
	}
	return "LOGIN", nil, nil
}

func (a *login) Next(_ []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	a.steps++
	switch a.steps {
	case 1:
		return []byte(a.user), nil
	case 2:
		return []byte(a.password), nil
	}
	return nil, errors.New("the server asks for more than a name and a password")
}
