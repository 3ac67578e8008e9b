package manual

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/sync/internal/journal"
	"github.com/orderdeck/orderdeck/sync/mail"
)

// posted is the note about a mail. It is on the disk before the mail is sent.
type posted struct {
	To    string    `json:"to"`
	At    time.Time `json:"at"`
	State string    `json:"state"`         // sending, sent, failed; one that stays at sending may have left
	Why   string    `json:"why,omitempty"` // it failed
}

// The endings of the notes about mails.
const (
	mailNote       = ".mail.json"
	cancelMailNote = ".cancel-mail.json"
)

// send sends a purchase order, and gives a sentence about it. It fails only when nothing was sent.
func (s *Supplier) send(ctx context.Context, doc *store.PlaceDoc, at time.Time, files []mail.Attachment) (string, error) {
	if s.o.Mail == nil || s.o.MailTo == "" {
		return "not mailed; the files are in " + s.o.Folder, nil
	}
	return s.post(ctx, doc.Reference+mailNote, mail.Message{
		To: []string{s.o.MailTo}, Subject: "Purchase order " + doc.Reference, ID: "po-" + doc.Reference, Text: s.letter(doc, at), Attachments: files,
	})
}

// takeBack tells the supplier that an order is cancelled, where it may have had it by mail.
func (s *Supplier) takeBack(ctx context.Context, r *record, why string) (string, error) {
	was, err := s.note(r.Reference + mailNote)
	if err != nil {
		return "", err
	}
	if was == nil || was.State == "failed" || s.o.Mail == nil {
		return "It was not mailed; tell the supplier if it knows of the order.", nil
	}
	return s.post(ctx, r.Reference+cancelMailNote, mail.Message{
		To: []string{was.To}, Subject: "Cancelled: purchase order " + r.Reference, ID: "po-cancel-" + r.Reference,
		Text: fmt.Sprintf("Please do not send purchase order %s; it is cancelled.\n%s\n\n%s\n", r.Reference, text.Clean(why), s.o.Sign),
	})
}

// letter is the text of the mail.
func (s *Supplier) letter(d *store.PlaceDoc, at time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Purchase order %s, %s\n\n", d.Reference, at.In(s.o.Zone).Format(time.DateOnly))
	for _, it := range append(append(d.Items[:0:0], d.Items...), d.Packaging...) {
		fmt.Fprintf(&b, "%s × %s  %s\n", it.Quantity, text.Clean(it.SKU), text.Clean(it.Title))
	}
	fmt.Fprintf(&b, "\nTo: %s\nBy: %s\nTotal: %s\n", text.Clean(d.Address.OneLine()), text.Clean(d.Method.Name), d.Total)
	for _, line := range []struct{ name, text string }{{"Instruction", d.Note}, {"Note from the customer", d.CustomerNote}, {"Card", d.CardText}} {
		if line.text != "" {
			fmt.Fprintf(&b, "%s: %s\n", line.name, text.CleanLines(line.text))
		}
	}
	fmt.Fprintf(&b, "\nThe order is attached. Please name %s when you write about it.\n\n%s\n", d.Reference, s.o.Sign)
	return b.String()
}

// note reads the note about a mail; nil = there is none.
func (s *Supplier) note(file string) (*posted, error) {
	data, err := os.ReadFile(s.file(file, ""))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var p posted
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	if err != nil {
		return nil, refused("the note about the mail cannot be read (%v); look whether it was sent, and remove %s", err, s.file(file, ""))
	}
	return &p, nil
}

// post sends a mail once. A note about it is on the disk before; where one says already that it was sent, or that it may
// have been, it is not sent again.
func (s *Supplier) post(ctx context.Context, file string, m mail.Message) (string, error) {
	was, err := s.note(file)
	if err != nil {
		return "", err
	}
	if was != nil && was.State != "failed" {
		return was.sentence(), nil
	}
	p := &posted{To: m.To[0], At: s.o.Clock().UTC().Truncate(time.Second), State: "sending"}
	if err := s.jot(file, p); err != nil {
		return "", refused("the mail was not sent, for no note of it could be made: %v", err)
	}
	err = s.o.Mail.Send(ctx, m)
	switch {
	case err == nil:
		p.State = "sent"
	case errors.Is(err, mail.ErrNotSent):
		p.State, p.Why = "failed", strings.TrimPrefix(err.Error(), mail.ErrNotSent.Error()+": ")
	default:
		return p.sentence(), nil // the note stays as it is: nobody knows
	}
	if err := s.jot(file, p); err != nil && p.State == "failed" {
		return "", refused("the mail was not sent (%s), and no note of that could be made: %v", p.Why, err)
	}
	return p.sentence(), nil
}

// jot writes a note about a mail.
func (s *Supplier) jot(file string, p *posted) error {
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return journal.WriteFile(s.file(file, ""), append(data, '\n'))
}

// sentence is what became of a mail, for people.
func (p *posted) sentence() string {
	to := text.Clean(p.To)
	switch p.State {
	case "sent":
		return "mailed to " + to
	case "failed":
		return fmt.Sprintf("not mailed to %s (%s); send it yourself", to, p.Why)
	}
	return fmt.Sprintf("it is not known whether the mail to %s left; it is not sent again, so ask, or send it yourself", to)
}
