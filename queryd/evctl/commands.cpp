#include "queryd/evctl/commands.h"

#include "queryd/evctl/emit_command.h"
#include "queryd/evctl/explain_command.h"
#include "queryd/evctl/export_command.h"
#include "queryd/evctl/import_command.h"
#include "queryd/evctl/log_command.h"
#include "queryd/evctl/metric_command.h"
#include "queryd/evctl/query_command.h"
#include "queryd/evctl/run_command.h"
#include "queryd/evctl/status_command.h"
#include "queryd/evctl/tail_command.h"
#include "queryd/evctl/top_command.h"

namespace evd::evctl {

namespace {

base::Result<void> runPlain(const SessionContext& context) {
    const std::string& command = context.arguments.command;
    if (command == "tail") {
        return runTail(context);
    }
    if (command == "explain") {
        return runExplain(context);
    }
    if (command == "emit") {
        return runEmit(context);
    }
    if (command == "log") {
        return runLog(context);
    }
    if (command == "metric") {
        return runMetric(context);
    }
    if (command == "top") {
        return runTop(context);
    }
    if (command == "index") {
        return runIndex(context);
    }
    return command == "status" ? runStatus(context) : runQuery(context);
}

}  // namespace

base::Result<int> runCommand(const SessionContext& context) {
    if (context.arguments.command == "run") {
        return runJob(context);
    }
    if (context.arguments.command == "export") {
        return runExport(context);
    }
    if (context.arguments.command == "import") {
        return runImport(context);
    }
    EVD_TRY(runPlain(context));
    return kExitSuccess;
}

int failureStatus(const Arguments& arguments, base::ErrorKind kind) {
    const bool sends_records =
        arguments.command == "log" || arguments.command == "metric" || arguments.command == "run";
    return sends_records && kind == base::ErrorKind::Invalid ? kExitUsage : kExitFailure;
}

}  // namespace evd::evctl
