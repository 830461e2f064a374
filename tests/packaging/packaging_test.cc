// The Debian package as a file, and the manual pages in it.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "tests/cli_daemon/fixture.h"

namespace coppice::cli_daemon {
namespace {

namespace fs = std::filesystem;

std::string place(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr) throw std::runtime_error(std::string(variable) + " is not set");
  return fs::absolute(value);
}

// With a directory of its own, and the tools of the system.
class Package : public Place {
 protected:
  std::string run(const Words& words) const {
    const Ended ended = Program(words, environment).end();
    EXPECT_EQ(ended.code, 0) << words.front() << ": " << ended.output << ended.error;
    return ended.output;
  }

  std::string field(const char* name) const {
    const std::string text = run({"/usr/bin/dpkg-deb", "--field", place("PACKAGE"), name});
    return text.substr(0, text.find('\n'));
  }

  // Unpacks a part of the package: its folder.
  std::string unpacked(const char* how) const {
    const std::string target = folder() + "/" + (how + 2);
    run({"/usr/bin/dpkg-deb", how, place("PACKAGE"), target});
    return target;
  }
};

bool installed(const char* program) { return ::access(program, X_OK) == 0; }

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST_F(Package, brings_each_program_where_the_others_look_for_it) {
  const std::string tree = unpacked("--extract");
  for (const char* path : {"usr/bin/coppice", "usr/sbin/coppiced", "usr/libexec/coppice/coppice-keeper"})
    EXPECT_EQ(::access((tree + "/" + path).c_str(), X_OK), 0) << path;
  const Ended version = Program({tree + "/usr/bin/coppice", "--version"}, environment).end();
  EXPECT_EQ(version.code, 0) << version.error;
}

TEST_F(Package, has_the_version_of_its_programs) {
  const Ended version = coppice({"--version"});
  const std::string number = version.output.substr(8, version.output.find('\n') - 8);
  EXPECT_TRUE(field("Version").starts_with(number + "-")) << field("Version") << " with " << version.output;
}

TEST_F(Package, everything_belongs_to_root_and_nobody_else_can_write_it) {
  std::istringstream lines(run({"/usr/bin/dpkg-deb", "--contents", place("PACKAGE")}));
  int files = 0;
  for (std::string line; std::getline(lines, line); ++files) {
    EXPECT_NE(line.find(" root/root "), std::string::npos) << line;
    EXPECT_TRUE(line.front() == 'l' || (line[5] != 'w' && line[8] != 'w')) << line;
    EXPECT_TRUE(line[3] != 's' && line[6] != 's') << line;
  }
  EXPECT_GT(files, 20);
}

TEST_F(Package, needs_libraries_that_each_release_of_debian_has_by_the_same_name) {
  const std::string needs = field("Depends");
  EXPECT_NE(needs.find("libc6"), std::string::npos) << needs;
  for (const char* library : {"libspdlog", "libfmt", "libtomlplusplus"}) EXPECT_EQ(needs.find(library), std::string::npos) << needs;
}

TEST_F(Package, what_an_administrator_edits_survives_an_upgrade) {
  const std::string files = text_of(unpacked("--control") + "/conffiles");
  EXPECT_NE(files.find("/etc/coppice/coppiced.toml\n"), std::string::npos) << files;
}

TEST_F(Package, its_units_start_programs_that_it_brings) {
  const std::string tree = unpacked("--extract");
  const std::regex start("\n(?:Exec\\w+=[-+!@:]*)(/\\S+)");
  int found = 0;
  for (const auto& entry : fs::recursive_directory_iterator(tree + "/usr/lib/systemd")) {
    if (entry.path().extension() != ".service") continue;
    const std::string unit = text_of(entry.path());
    for (std::sregex_iterator each(unit.begin(), unit.end(), start), end; each != end; ++each, ++found)
      EXPECT_EQ(::access((tree + (*each)[1].str()).c_str(), X_OK), 0) << entry.path() << " starts " << (*each)[1];
  }
  EXPECT_GE(found, 1);
}

TEST_F(Package, its_scripts_are_shell_that_ends_at_the_first_failure) {
  const std::string control = unpacked("--control");
  for (const char* script : {"postinst", "prerm", "postrm"}) {
    run({"/bin/sh", "-n", control + "/" + script});
    EXPECT_NE(text_of(control + "/" + script).find("\nset -e\n"), std::string::npos) << script;
  }
}

TEST_F(Package, the_same_files_give_the_same_bytes) {
  set("SOURCE_DATE_EPOCH", "1700000000");
  const std::string assemble = fs::path(place("PACKAGE")).parent_path() / "assemble";
  for (const char* name : {"/1.deb", "/2.deb"})
    run({assemble, "--programs", programs(), "--reference", place("REFERENCE") + "/pages", "--out", folder() + name,
         "--version", "9.9-1"});
  EXPECT_TRUE(text_of(folder() + "/1.deb") == text_of(folder() + "/2.deb"));
  EXPECT_NE(run({"/usr/bin/dpkg-deb", "--contents", folder() + "/1.deb"}).find(" 2023-11-14 "), std::string::npos);
  EXPECT_EQ(run({"/usr/bin/dpkg-deb", "--field", folder() + "/1.deb", "Version"}), "9.9-1\n");
}

TEST_F(Package, lintian_finds_nothing_but_what_is_listed_with_its_reason) {
  if (!installed("/usr/bin/lintian")) GTEST_SKIP() << "/usr/bin/lintian is not installed";
  const Ended ended = Program({"/usr/bin/lintian", "--fail-on", "warning,error", "--allow-root", place("PACKAGE")}, environment).end();
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.output, "") << ended.error;
}

// What groff makes of a page, or mandoc: no remark on it.
TEST_F(Package, mandoc_has_nothing_to_say_of_the_manual_pages) {
  if (!installed("/usr/bin/mandoc")) GTEST_SKIP() << "/usr/bin/mandoc is not installed";
  int pages = 0;
  for (const auto& entry : fs::directory_iterator(place("REFERENCE") + "/pages")) {
    if (!std::regex_match(entry.path().filename().string(), std::regex(R"(.*\.[1578])"))) continue;
    const Ended ended = Program({"/usr/bin/mandoc", "-Tlint", "-Wwarning", entry.path()}, environment).end();
    EXPECT_EQ(ended.output + ended.error, "") << entry.path();
    ++pages;
  }
  EXPECT_GE(pages, 5);
}

// "--name" as a page has it.
std::string in_roff(const std::string& option) { return std::regex_replace(option, std::regex("-"), "\\-"); }

TEST_F(Package, each_option_of_the_help_is_in_the_manual) {
  const std::string page = text_of(place("REFERENCE") + "/pages/coppice.1");
  std::istringstream commands(coppice({"--help"}).output);
  int found = 0;
  for (std::string line; std::getline(commands, line);) {
    std::smatch command;
    if (!std::regex_search(line, command, std::regex("^  ([a-z]+)  +"))) continue;
    EXPECT_NE(page.find(".SS \"coppice " + command[1].str() + "\""), std::string::npos) << command[1];
    const std::string help = coppice({command[1], "--help"}).output;
    const std::regex option("\n  (?:-\\w,)?(--[a-z-]+)");
    for (std::sregex_iterator each(help.begin(), help.end(), option), end; each != end; ++each, ++found)
      EXPECT_NE(page.find("\\fB" + in_roff((*each)[1]) + "\\fR"), std::string::npos) << command[1] << (*each)[1];
  }
  EXPECT_GT(found, 100);
}

TEST_F(Package, each_declaration_of_the_interface_is_in_its_manual) {
  const std::string page = text_of(place("REFERENCE") + "/pages/io.coppice.Jobs.7");
  const std::string interface = text_of(fs::path(place("PACKAGE")).parent_path() / "../ipc/api/io.coppice.Jobs.varlink");
  const std::regex declaration("\n(?:type|method|error) (\\w+)");
  int found = 0;
  for (std::sregex_iterator each(interface.begin(), interface.end(), declaration), end; each != end; ++each, ++found)
    EXPECT_NE(page.find(".SS \"" + (*each)[1].str() + "\""), std::string::npos) << (*each)[1];
  EXPECT_GT(found, 40);
}

TEST_F(Package, the_profile_for_apparmor_is_understood) {
  if (!installed("/usr/sbin/apparmor_parser")) GTEST_SKIP() << "/usr/sbin/apparmor_parser is not installed";
  const std::string profile = fs::path(place("PACKAGE")).parent_path() / "apparmor/usr.sbin.coppiced";
  // Compiled, and not loaded.
  run({"/usr/sbin/apparmor_parser", "--skip-kernel-load", "--skip-cache", "--abort-on-error", profile});
}

}  // namespace
}  // namespace coppice::cli_daemon
