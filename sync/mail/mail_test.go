package mail_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"net"
	netmail "net/mail"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/sync/mail"
)

// server is a mail server on this machine. reply gives the answer to a command; "" = the usual one, "-" = the line is
// cut.
type server struct {
	port     int
	starttls *tls.Config
	reply    func(command string) string

	mu    gosync.Mutex
	data  []string // whole messages that were taken
	lines []string // commands
}

func serve(t *testing.T, s *server) *server {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	var all gosync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { s.talk(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		all.Wait()
	})
	return s
}

func (s *server) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	r := bufio.NewReader(conn)
	say := func(answer string) { _, _ = fmt.Fprint(conn, answer+"\r\n") }
	say("220 test ESMTP")
	for {
		command, err := r.ReadString('\n')
		if err != nil {
			return
		}
		command = strings.TrimRight(command, "\r\n")
		s.mu.Lock()
		s.lines = append(s.lines, command)
		s.mu.Unlock()
		if s.reply != nil {
			switch answer := s.reply(command); answer {
			case "":
			case "-":
				return
			default:
				say(answer)
				continue
			}
		}
		verb, _, _ := strings.Cut(strings.ToUpper(command), " ")
		switch verb {
		case "EHLO":
			if _, secure := conn.(*tls.Conn); s.starttls != nil && !secure {
				say("250-test\r\n250-STARTTLS\r\n250 8BITMIME")
			} else {
				say("250-test\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME")
			}
		case "STARTTLS":
			say("220 go")
			secure := tls.Server(conn, s.starttls)
			conn, r = secure, bufio.NewReader(secure)
		case "AUTH":
			say("235 welcome")
		case "DATA":
			say("354 go on")
			if !s.read(r, say) {
				return
			}
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// read takes a message, up to the line with a single dot.
func (s *server) read(r *bufio.Reader, say func(string)) bool {
	var b strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
	answer := "250 taken"
	if s.reply != nil {
		if other := s.reply("."); other != "" {
			answer = other
		}
	}
	if strings.HasPrefix(answer, "2") || answer == "-" {
		s.mu.Lock()
		s.data = append(s.data, b.String())
		s.mu.Unlock()
	}
	if answer == "-" {
		return false
	}
	say(answer)
	return true
}

func (s *server) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.data...)
}

func (s *server) asked(verb string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		if strings.HasPrefix(strings.ToUpper(l), verb) {
			return true
		}
	}
	return false
}

const secret = "pass word-9f8e7d"

func sender(t testing.TB, s *server, change func(o *mail.Options)) *mail.Sender {
	t.Helper()
	o := mail.Options{Host: "127.0.0.1", Port: s.port, User: "me", Password: secret, From: "Ateliê Aurora <orders@example.com>", Timeout: 3 * time.Second}
	if change != nil {
		change(&o)
	}
	out, err := mail.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var message = mail.Message{
	To: []string{"Fábrica <factory@example.org>"}, Subject: "Purchase order S1-1042", Text: "Olá,\n.\nplease send it.\n", ID: "S1-1042-L-1",
	Attachments: []mail.Attachment{{Name: "S1-1042.csv", Type: "text/csv", Data: []byte("a,b\r\n1,ż\r\n")}},
}

func TestSend(t *testing.T) {
	s := serve(t, &server{})
	if err := sender(t, s, nil).Send(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	if len(s.taken()) != 1 {
		t.Fatalf("%d messages were taken", len(s.taken()))
	}
	m, err := netmail.ReadMessage(strings.NewReader(s.taken()[0]))
	if err != nil {
		t.Fatal(err)
	}
	from, _ := netmail.ParseAddress(m.Header.Get("From"))
	if from.Name != "Ateliê Aurora" || from.Address != "orders@example.com" || m.Header.Get("Message-ID") != "<S1-1042-L-1@example.com>" {
		t.Errorf("from %v, id %s", from, m.Header.Get("Message-ID"))
	}
	kind, params, _ := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if kind != "multipart/mixed" {
		t.Fatalf("it is %s", kind)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	body, err := parts.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(body); strings.ReplaceAll(string(got), "\r\n", "\n") != strings.TrimRight(message.Text, "\n") {
		t.Errorf("its text is %q", got)
	}
	file, err := parts.NextPart()
	if err != nil || file.FileName() != "S1-1042.csv" {
		t.Fatal(file, err)
	}
	got, _ := io.ReadAll(base64.NewDecoder(base64.StdEncoding, file))
	if !bytes.Equal(got, message.Attachments[0].Data) {
		t.Errorf("its file is %q", got)
	}
}

// TestCertainty tells what certainly did not leave from what may have.
func TestCertainty(t *testing.T) {
	for _, tt := range []struct {
		name     string
		at, says string
		sent     bool // the server has it
		certain  bool // and an error says that it has not
	}{
		{"refused sender", "MAIL", "550 no such sender", false, true},
		{"refused recipient", "RCPT", "550 no such user", false, true},
		{"cut at the recipient", "RCPT", "-", false, true},
		{"wrong password", "AUTH", "535 no: " + secret, false, true},
		{"no data now", "DATA", "451 later", false, true},
		{"refused text", ".", "554 spam", false, true},
		{"cut after the text", ".", "-", true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, &server{reply: func(command string) string {
				if strings.HasPrefix(strings.ToUpper(command), tt.at) {
					return tt.says
				}
				return ""
			}})
			err := sender(t, s, nil).Send(t.Context(), message)
			if err == nil || errors.Is(err, mail.ErrNotSent) != tt.certain || (len(s.taken()) > 0) != tt.sent {
				t.Errorf("%v; the server has %d", err, len(s.taken()))
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("the password stands in %q", err)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := &server{port: l.Addr().(*net.TCPAddr).Port}
		_ = l.Close()
		if err := sender(t, s, nil).Send(t.Context(), message); !errors.Is(err, mail.ErrNotSent) {
			t.Error(err)
		}
	})
	t.Run("answers nothing", func(t *testing.T) {
		done := make(chan struct{})
		s := serve(t, &server{reply: func(command string) string {
			if command == "." {
				<-done
			}
			return ""
		}})
		begun := time.Now()
		err := sender(t, s, func(o *mail.Options) { o.Timeout = 300 * time.Millisecond }).Send(t.Context(), message)
		close(done)
		if err == nil || errors.Is(err, mail.ErrNotSent) || time.Since(begun) > 2*time.Second {
			t.Errorf("after %s: %v", time.Since(begun), err)
		}
	})
	t.Run("too late", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s := serve(t, &server{})
		if err := sender(t, s, nil).Send(ctx, message); !errors.Is(err, mail.ErrNotSent) || len(s.taken()) > 0 {
			t.Errorf("%v, %d taken", err, len(s.taken()))
		}
	})
}

// TestEncrypted sends nothing, and no password, over a line that is not encrypted, unless it stays on this machine.
func TestEncrypted(t *testing.T) {
	here := elsewhere(t)
	cert, roots := certificate(t, here)
	conf := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	outside := func(o *mail.Options) { o.Host = here }

	s := serve(t, &server{})
	if err := sender(t, s, outside).Send(t.Context(), message); !errors.Is(err, mail.ErrNotSent) || s.asked("AUTH") || s.asked("MAIL") {
		t.Errorf("a server without TLS: %v", err)
	}
	s = serve(t, &server{starttls: conf})
	if err := sender(t, s, outside).Send(t.Context(), message); !errors.Is(err, mail.ErrNotSent) || s.asked("AUTH") || s.asked("MAIL") {
		t.Errorf("a certificate that nobody has signed: %v", err)
	}
	s = serve(t, &server{starttls: conf})
	err := sender(t, s, func(o *mail.Options) { o.Host = here; o.TLS = &tls.Config{RootCAs: roots} }).Send(t.Context(), message)
	if err != nil || len(s.taken()) != 1 || !s.asked("STARTTLS") || !s.asked("AUTH") {
		t.Errorf("an encrypted line: %v, %d taken", err, len(s.taken()))
	}
}

// elsewhere is an address of this machine that others can reach too.
func elsewhere(t *testing.T) string {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() {
			return n.IP.String()
		}
	}
	t.Skip("SKIPPED: this machine has no address but its own")
	return ""
}

func certificate(t *testing.T, ip string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.ParseIP(ip)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, x, x, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// TestNoInjection puts anything into a message: there are no more headers and recipients than there should be.
func TestNoInjection(t *testing.T) {
	s := serve(t, &server{})
	from := sender(t, s, nil)
	t.Cleanup(func() {
		if n := len(s.taken()); n < 20 {
			t.Errorf("only %d messages were taken at all", n)
		}
	})
	rapid.Check(t, func(r *rapid.T) {
		anything := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			"x\r\nBcc: evil@example.com", "x\nX-Evil: 1", "a@example.com\r\nRCPT TO:<evil@example.com>", "=?utf-8?q?=0D=0AX-Evil:_1?=", "\r\n.\r\nMAIL FROM:<evil@example.com>",
			"x\r\n\r\nevil", "\x00", "../../etc/passwd", `a";name="b`,
		}))
		m := mail.Message{
			To: []string{"factory@example.org"}, Subject: anything.Draw(r, "subject"), Text: anything.Draw(r, "text"), ID: anything.Draw(r, "id"),
			Attachments: []mail.Attachment{{Name: anything.Draw(r, "name"), Type: anything.Draw(r, "type"), Data: []byte(anything.Draw(r, "data"))}},
		}
		if rapid.IntRange(0, 3).Draw(r, "to") == 0 {
			m.To = []string{anything.Draw(r, "recipient")}
		}
		before := len(s.taken())
		if err := from.Send(r.Context(), m); err != nil {
			if !errors.Is(err, mail.ErrNotSent) || len(s.taken()) != before {
				r.Fatalf("%v, %d taken", err, len(s.taken())-before)
			}
			return
		}
		got, err := netmail.ReadMessage(strings.NewReader(s.taken()[before]))
		if err != nil {
			r.Fatal(err)
		}
		for name := range got.Header {
			switch name {
			case "Date", "Mime-Version", "Message-Id", "Subject", "From", "To", "User-Agent", "X-Mailer", "Content-Type":
			default:
				r.Fatalf("there is a header %s: %q", name, got.Header[name])
			}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, l := range s.lines {
			if strings.HasPrefix(l, "RCPT") && strings.Contains(l, "evil") || strings.HasPrefix(l, "MAIL") && !strings.Contains(l, "orders@example.com") {
				r.Fatalf("the server was told %q", l)
			}
		}
	})
}

func TestRefused(t *testing.T) {
	good := mail.Options{Host: "localhost", From: "a@example.com"}
	for what, change := range map[string]func(o *mail.Options){
		"no server":   func(o *mail.Options) { o.Host = "" },
		"two lines":   func(o *mail.Options) { o.Host = "a\r\nb" },
		"no sender":   func(o *mail.Options) { o.From = "" },
		"bad sender":  func(o *mail.Options) { o.From = "a@example.com\r\nBcc: b@example.com" },
		"port beyond": func(o *mail.Options) { o.Port = 70000 },
	} {
		o := good
		change(&o)
		if _, err := mail.New(o); err == nil || strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("%s: %v", what, err)
		}
	}
	from, err := mail.New(good)
	if err != nil {
		t.Fatal(err)
	}
	for what, m := range map[string]mail.Message{
		"nobody": {}, "too large": {To: []string{"b@example.com"}, Attachments: []mail.Attachment{{Data: make([]byte, 21<<20)}}},
		"too many": {To: make([]string, 30)},
	} {
		if err := from.Send(t.Context(), m); !errors.Is(err, mail.ErrNotSent) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
