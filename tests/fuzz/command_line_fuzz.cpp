// evd_fuzz_links: evd_collector_linux
// What a process says of itself - files of /proc and its command line - becomes a valid payload,
// and the value of --password is never in it.

#include "collector/linux/proc_reader.h"
#include "collector/linux/process_payload.h"
#include "collector/linux/redaction.h"
#include "common/base/check.h"
#include "common/base/proc_stat.h"
#include "common/base/text.h"
#include "common/wire/msgpack.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    namespace base = evd::base;
    namespace collector = evd::collector;
    namespace wire = evd::wire;
    const std::string_view text = base::asText({data, size});
    (void)base::parseProcStat(text);  // only must not misread its bounds
    (void)collector::parseStatusIds(text);
    collector::ProcessInfo info;
    info.pid = 1;
    info.name = text.substr(0, 15);
    info.executable_path = text;
    info.arguments = collector::parseCommandLine(text, size % 2 == 1);
    const std::string line = collector::showCommandLine(info.arguments, false);
    EVD_CHECK(line.size() <= collector::kCommandLineBytesMax, "the line is bounded");
    EVD_CHECK(base::isUtf8(line), "the line is text");
    const auto event = collector::makeProcessEvent(collector::kProcessExec, info, {}, {});
    EVD_CHECK(wire::validateMsgpack(event.payload, 32).ok(), "the payload is one valid value");
    // Behind any arguments but one that is an option for a secret itself, a password stays hidden.
    constexpr std::string_view kSecret = "\x01hunter2\x01";
    auto arguments = info.arguments;
    arguments.push_back("--password=" + std::string(kSecret));
    for (const std::string& shown : collector::redactArguments(arguments)) {
        EVD_CHECK(text.find(kSecret) != std::string_view::npos ||
                      shown.find(kSecret) == std::string::npos,
                  "the secret is hidden");
    }
    return 0;
}
