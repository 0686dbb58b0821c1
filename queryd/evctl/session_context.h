#pragma once

#include "common/base/clock.h"
#include "common/config/socket_paths.h"
#include "queryd/client/query_channel.h"
#include "queryd/evctl/arguments_service.h"
#include "queryd/evctl/output/record_printer.h"
#include "queryd/evctl/output_stream.h"

#include <memory>
#include <string>

namespace evd::evctl {

// Exit codes (contracts §7).
inline constexpr int kExitSuccess = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;

// What every command works with; made for one command and outlived by nothing of it.
struct SessionContext {
    const Arguments& arguments;
    const config::SocketPaths& sockets;
    const base::Clock& clock;
    OutputStream& output;
    bool output_is_terminal = false;
    size_t terminal_width = 0;
    size_t terminal_rows = 0;
    bool unicode = true;  // the locale is one of UTF-8
    std::string spool_folder = "/tmp";
    std::string pager = {};        // the command for long answers; "" for none
    std::string* asked = nullptr;  // takes the question that is sent, for who shows its errors
};

// The query channel that the options ask for. The error says what to do.
base::Result<std::unique_ptr<queryd::QueryChannel>> openChannel(const SessionContext& context);

// The same sentence for every socket that nobody answers at.
base::Error nobodyAnswers(const std::string& path, const base::Error& why);

// From here on the answer is paged when it is long, unless it is for a program.
void pageWhenLong(const SessionContext& context);

// Remembers the question for an error that speaks of a place in it.
void noteAsked(const SessionContext& context, const std::string& question);

// How people are shown things, as the options and the terminal say.
PrintStyle styleFor(const SessionContext& context);

// As --format says, else by where the output goes. `live`: lines that come one by one.
std::unique_ptr<RecordPrinter> printerFor(const SessionContext& context, bool live);

}  // namespace evd::evctl
