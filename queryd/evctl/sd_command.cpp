#include "queryd/evctl/sd_command.h"

#include "common/access/sddl.h"
#include "common/base/fd.h"
#include "common/base/text.h"
#include "queryd/evctl/descriptor_words.h"
#include "queryd/evctl/input.h"
#include "queryd/evctl/output/plain_text.h"
#include "queryd/evctl/what_if/kernel_judge.h"
#include "queryd/evctl/what_if/what_if_line.h"

#include <fcntl.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace evd::evctl {

namespace {

base::Result<void> answerAll(int fd, WhatIfJudge judge, OutputStream& output) {
    WhatIfSession session(std::move(judge));
    EVD_TRY(readToEnd(fd, "the questions", [&](std::string_view piece) {
        session.add(piece, output.buffer());
        return output.flush();
    }));
    session.finish(output.buffer());
    return output.flush();
}

base::Result<void> evaluate(const Arguments& arguments, OutputStream& output) {
    auto judge = arguments.kernel ? kernelJudge(thisKernel()) : WhatIfJudge(askReference);
    if (!judge.ok()) {
        return judge.error();
    }
    const std::string path = arguments.words.size() > 1 ? arguments.words[1] : "-";
    if (path == "-") {
        return answerAll(STDIN_FILENO, std::move(judge).value(), output);
    }
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) {
        return base::failErrno(base::cat("cannot open ", path), errno);
    }
    return answerAll(file.get(), std::move(judge).value(), output);
}

}  // namespace

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
