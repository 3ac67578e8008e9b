package config

import (
	"fmt"
	"net/mail"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"
)

func checkCurrency(code string) error {
	if _, err := currency.ParseISO(code); err != nil || code != strings.ToUpper(code) {
		return fmt.Errorf("%q is no currency: write a code of three capital letters such as EUR or BRL", code)
	}
	return nil
}

func checkCountry(code string) error {
	if r, err := language.ParseRegion(code); err != nil || len(code) != 2 || code != strings.ToUpper(code) || !r.IsCountry() {
		return fmt.Errorf("%q is no country: write its code of two capital letters such as CN or US", code)
	}
	return nil
}

// amount is a decimal number that is not negative, as it is written in settings.
var amount = regexp.MustCompile(`^\d{1,12}(\.\d{1,9})?$`)

func checkAmount(text string) error {
	if !amount.MatchString(text) || strings.Trim(text, "0.") == "" {
		return fmt.Errorf("%q is no amount above 0: write digits with a dot before the decimals, such as 250.00", text)
	}
	return nil
}

const dateForm = "2006-01-02"

func checkDate(text string) error {
	if _, err := time.Parse(dateForm, text); err != nil {
		return fmt.Errorf("%q is no date: write it as 2026-11-20", text)
	}
	return nil
}

// upTo checks a number against a largest one.
func upTo(most int) func(string) error {
	return func(text string) error {
		if n, err := strconv.Atoi(text); err != nil || n > most {
			return fmt.Errorf("%s is too large: write a number from 0 to %d", text, most)
		}
		return nil
	}
}

func checkPort(text string) error {
	if n, err := strconv.Atoi(text); err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("%s is no port: write 587 or 465, or the one that your provider names", text)
	}
	return nil
}

func checkMail(text string) error {
	if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
		return fmt.Errorf("%q is no mail address: write one such as orders@shop.example", text)
	}
	return nil
}

var hexColor = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func checkColor(text string) error {
	if !hexColor.MatchString(text) {
		return fmt.Errorf(`%q is no colour: write # and six digits or letters from a to f, in quotes: "#7c3aed"`, text)
	}
	return nil
}

func checkPicture(name string) error { return checkEnding(name, ".png", ".jpg", ".jpeg") }

func checkFont(name string) error { return checkEnding(name, ".ttf", ".otf", ".ttc") }

func checkEnding(name string, endings ...string) error {
	if !slices.Contains(endings, strings.ToLower(filepath.Ext(name))) {
		return fmt.Errorf("%q cannot be used: name a file that ends in %s", name, orList(endings))
	}
	return nil
}

func checkLanguage(tag string) error {
	if _, err := language.Parse(tag); err != nil {
		return fmt.Errorf("%q is no language: write a code such as pt-BR, pl or en", tag)
	}
	return nil
}

// parseDays reads business days, least and most: "1-3", or "2" for both.
func parseDays(text string) ([2]int, error) {
	low, high, _ := strings.Cut(strings.ReplaceAll(text, "–", "-"), "-")
	low, high = strings.TrimSpace(low), strings.TrimSpace(high)
	if high == "" {
		high = low
	}
	if !digits(low) || !digits(high) {
		return [2]int{}, fmt.Errorf("%q are no days: write the least and the most, such as 1-3", text)
	}
	var d [2]int
	d[0], _ = strconv.Atoi(low)
	d[1], _ = strconv.Atoi(high)
	if d[0] > d[1] || d[1] > 365 {
		return [2]int{}, fmt.Errorf("%q cannot be: write the least days first, and 365 at most", text)
	}
	return d, nil
}

func checkDays(text string) error {
	_, err := parseDays(text)
	return err
}
