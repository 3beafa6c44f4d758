package command

import "github.com/spf13/cobra"

func (a *app) migrateCommand() *cobra.Command {
	return group("migrate", "Plan, apply and inspect migrations",
		a.diffCommand(), a.checkCommand(), a.rehearseCommand(), a.lintCommand(),
		a.upCommand(), a.downCommand(), a.statusCommand(), a.historyCommand(), a.showCommand(), a.stampCommand(), a.draftsCommand(), a.repairCommand(),
		a.newCommand(), a.editCommand(), a.rmCommand(), a.rebaseCommand(), a.squashCommand(), a.checkpointCommand(),
		a.hashCommand(), a.validateCommand(), a.sqlCommand(), a.importCommand(), a.grantCommand())
}
