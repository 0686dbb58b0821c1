#include "queryd/evctl/sd_command.h"

#include "common/access/sddl.h"
#include "common/base/fd.h"
#include "common/base/text.h"
#include "queryd/evctl/descriptor_words.h"
#include "queryd/evctl/input.h"
#include "queryd/evctl/output/plain_text.h"
#include "queryd/evctl/what_if.h"

#include <fcntl.h>
#include <unistd.h>
#include <vector>

namespace evd::evctl {

namespace {

base::Result<void> answerAll(int fd, OutputStream& output) {
    WhatIfSession session;
    EVD_TRY(readToEnd(fd, "the questions", [&](std::string_view piece) {
        session.add(piece, output.buffer());
        return output.flush();
    }));
    session.finish(output.buffer());
    return output.flush();
}

base::Result<void> evaluate(const Arguments& arguments, OutputStream& output) {
    const std::string path = arguments.words.size() > 1 ? arguments.words[1] : "-";
    if (path == "-") {
        return answerAll(STDIN_FILENO, output);
    }
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) {
        return base::failErrno(base::cat("cannot open ", path), errno);
    }
    return answerAll(file.get(), output);
}

}  // namespace

void WhatIfSession::answer(std::string& answers) {
    ++line_;
    // An empty text is no JSON, and says so; a line that is too long is as unreadable.
    answers += too_long_ ? base::cat(R"({"error":"longer than )", kWhatIfLineBytesMax,
                                     R"( bytes","line":)", line_, '}')
                         : answerWhatIf(partial_, line_);
    answers += '\n';
    partial_.clear();
    too_long_ = false;
}

void WhatIfSession::add(std::string_view bytes, std::string& answers) {
    while (!bytes.empty()) {
        const size_t end = bytes.find('\n');
        const std::string_view piece = bytes.substr(0, end);
        too_long_ = too_long_ || partial_.size() + piece.size() > kWhatIfLineBytesMax;
        if (!too_long_) {
            partial_ += piece;
        }
        if (end == std::string_view::npos) {
            return;
        }
        answer(answers);
        bytes.remove_prefix(end + 1);
    }
}

void WhatIfSession::finish(std::string& answers) {
    if (too_long_ || !partial_.empty()) {
        answer(answers);
    }
}

base::Result<std::vector<uint8_t>> compileDescriptor(std::string_view sddl) {
    const auto descriptor = access::parseSddl(sddl);
    return descriptor.ok() ? access::buildSecurityDescriptor(descriptor.value())
                           : descriptor.error();
}

base::Result<access::SecurityDescriptor> readDescriptor(std::string_view text) {
    const auto bytes = base::decodeHex(text);
    return bytes.ok() && !text.empty() ? access::parseSecurityDescriptor(bytes.value())
                                       : access::parseSddl(text);
}

base::Result<void> runSd(const Arguments& arguments, OutputStream& output) {
    const std::string& what = arguments.words.front();
    if (what == "evaluate") {
        return evaluate(arguments, output);
    }
    const std::string_view text = base::trim(arguments.words.at(1));
    if (what == "compile") {
        const auto bytes = compileDescriptor(text);
        if (!bytes.ok()) {
            return bytes.error();
        }
        output.buffer() += base::encodeHex(bytes.value()) + "\n";
        return output.flush();
    }
    const auto descriptor = readDescriptor(text);
    if (!descriptor.ok()) {
        return descriptor.error();
    }
    output.buffer() += explainDescriptor(descriptor.value());
    const auto sddl = access::printSddl(descriptor.value());
    if (sddl.ok()) {
        output.buffer() += base::cat("SDDL: ", printable(sddl.value()), '\n');
    }
    return output.flush();
}

}  // namespace evd::evctl
