package command

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/sync"
)

func (s *session) mailPasswordCommand() *cobra.Command {
	var keyFile string
	var forget bool
	cmd := &cobra.Command{
		Use: "mail-password", Short: "Keep the password of your mail server", Args: noArgs,
		Long: "Keeps the password of the mail server that the settings name (mail.host, mail.user) where keys are kept. It is never\n" +
			"given on the command line: it is asked for without showing, or read from --key-file FILE, from standard input with\n" +
			"--key-file -, or from the variable ORDERDECK_MAIL_PASSWORD.",
		RunE: func(cmd *cobra.Command, _ []string) error { return s.mailPassword(cmd.Context(), keyFile, forget) },
	}
	cmd.Flags().StringVar(&keyFile, "key-file", "", "the `FILE` that has the password; - is standard input")
	cmd.Flags().BoolVar(&forget, "forget", false, "delete the password that is kept")
	return cmd
}

func (s *session) mailPassword(ctx context.Context, keyFile string, forget bool) error {
	c, err := s.load(false)
	if err != nil {
		return err
	}
	secrets, err := c.OpenSecrets(c.Secrets, s.configOptions(false))
	if err != nil {
		return &coded{ExitUsage, err}
	}
	if forget {
		if err := secrets.Delete(ctx, config.MailSecret); err != nil {
			return err
		}
		_, err = fmt.Fprintln(s.out, "The password of the mail server is not kept any more.")
		return err
	}
	if c.Mail.Host == "" || c.Mail.User == "" {
		return usage("the settings name no mail server that asks for a password: write mail.host and mail.user into %s first", c.File)
	}
	password, err := s.readKey(ctx, config.MailSecret, keyFile, sync.Capabilities{
		KeyHint: fmt.Sprintf("The password of %s at %s.", c.Mail.User, c.Mail.Host),
	})
	if err != nil {
		return err
	}
	if err := secrets.Set(ctx, config.MailSecret, password); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "The password of %s at %s is kept.\n", c.Mail.User, c.Mail.Host)
	return err
}
