// Streams that are files.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "tests/roots/fixture.h"

namespace coppice::support {
namespace {

class FileStreams : public Rooted {
 protected:
  std::string path(const char* name) const { return folder() + "/" + name; }
};

TEST_F(FileStreams, each_stream_can_be_a_file) {
  std::ofstream(path("in")) << "given\n";
  json wanted = shell("read word; echo out $word; echo err $word >&2");
  wanted["input"] = file(path("in"));
  wanted["output"] = file(path("out"));
  wanted["error"] = file(path("err"));
  const json job = start(client(), wanted);
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  EXPECT_EQ(read_text(path("out")), "out given\n");
  EXPECT_EQ(read_text(path("err")), "err given\n");
  EXPECT_EQ(failure(client(), "ReadLog", {{"job", ref(job)}}).name, "WrongState");
}

TEST_F(FileStreams, an_output_is_emptied_unless_it_is_added_to) {
  json wanted = shell("echo one");
  wanted["output"] = file(path("out"));
  wait(client(), start(client(), wanted));
  wait(client(), start(client(), wanted));
  EXPECT_EQ(read_text(path("out")), "one\n");
  wanted["output"] = file(path("out"), true);
  wait(client(), start(client(), wanted));
  EXPECT_EQ(read_text(path("out")), "one\none\n");
}

TEST_F(FileStreams, error_left_out_follows_output_in_order) {
  json wanted = shell("echo a; echo b >&2; echo c");
  wanted["output"] = file(path("out"));
  wait(client(), start(client(), wanted));
  EXPECT_EQ(read_text(path("out")), "a\nb\nc\n");
}

TEST_F(FileStreams, the_same_path_twice_is_opened_twice) {
  json wanted = shell("echo long; echo b >&2");
  wanted["output"] = file(path("out"));
  wanted["error"] = file(path("out"));
  wait(client(), start(client(), wanted));
  EXPECT_EQ(read_text(path("out")), "b\nng\n");
  wanted["output"] = file(path("both"), true);
  wanted["error"] = file(path("both"), true);
  wait(client(), start(client(), wanted));
  EXPECT_EQ(read_text(path("both")), "long\nb\n");
}

TEST_F(FileStreams, commands_of_a_pipeline_add_to_what_the_first_has_emptied) {
  for (const char* name : {"out", "err"}) std::ofstream(path(name)) << "something old and long\n";
  json wanted = shell("echo e1 >&2; echo a");
  wanted["commands"].push_back(shell("read word; echo $word; echo e2 >&2")["commands"][0]);
  wanted["output"] = file(path("out"));
  wait(client(), start(client(), wanted));
  EXPECT_EQ(read_text(path("out")), "e1\na\ne2\n");
  wanted["error"] = file(path("err"));
  wait(client(), start(client(), wanted));
  EXPECT_EQ(read_text(path("out")), "a\n");
  EXPECT_EQ(read_text(path("err")), "e1\ne2\n");
}

TEST_F(FileStreams, S5_a_file_that_cannot_be_opened_is_named_by_stream_and_path) {
  const std::string absent = path("absent/file");
  for (const char* stream : {"input", "output", "error"}) {
    json wanted = shell("true");
    wanted[stream] = file(absent);
    const Failure refused = refusal_of(wanted);
    EXPECT_EQ(refused.name, "StartFailed");
    EXPECT_EQ(refused.parameters["step"], stream);
    EXPECT_EQ(refused.parameters["name"], "ENOENT");
    EXPECT_EQ(refused.parameters["path"], absent);
  }
}

TEST_F(FileStreams, a_user_cannot_make_the_daemon_write_or_read_for_it) {
  ASSERT_EQ(::mkdir(path("private").c_str(), 0700), 0);
  std::ofstream(path("private/secret")) << "secret\n";
  std::ofstream(path("secret")) << "secret\n";
  ASSERT_EQ(::chmod(path("secret").c_str(), 0600), 0);
  varlink::Client nobody = connect_as(kNobody);
  const std::pair<const char*, std::string> wishes[] = {
      {"output", path("made")}, {"error", path("private/made")}, {"output", path("secret")},
      {"input", path("secret")}, {"input", path("private/secret")}};
  for (const auto& [stream, place] : wishes) {
    json wanted = shell("true");
    wanted[stream] = file(place);
    const Failure refused = refusal_of(nobody, wanted);
    EXPECT_EQ(refused.parameters["step"], stream) << place;
    EXPECT_EQ(refused.parameters["name"], "EACCES") << place;
  }
  EXPECT_FALSE(exists(path("made")));
  EXPECT_EQ(read_text(path("secret")), "secret\n");
}

TEST_F(FileStreams, what_a_job_makes_is_its_users_and_masked) {
  ASSERT_EQ(::mkdir(path("open").c_str(), 0777), 0);
  ASSERT_EQ(::chmod(path("open").c_str(), 0777), 0);
  varlink::Client nobody = connect_as(kNobody);
  json wanted = shell("true");
  wanted["umask"] = 027;
  wanted["output"] = file(path("open/made"));
  wait(nobody, start(nobody, wanted));
  struct stat made{};
  ASSERT_EQ(::stat(path("open/made").c_str(), &made), 0);
  EXPECT_EQ(made.st_uid, kNobody);
  EXPECT_EQ(made.st_mode & 07777, 0640u);
}

TEST_F(FileStreams, S8_a_fifo_without_another_end_holds_up_its_own_job_alone) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  json wanted = shell("echo through");
  wanted["output"] = file(path("fifo"));
  varlink::Client patient = connect_as(0);
  patient.send("io.coppice.Jobs.Start", {{"spec", wanted}}, varlink::Mode::plain);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(output_of(shell("echo other")), "other\n");
  const UniqueFd other_end(::open(path("fifo").c_str(), O_RDONLY | O_CLOEXEC));
  const varlink::Reply reply = next_reply(patient);
  EXPECT_FALSE(reply.failed()) << reply.parameters();
  EXPECT_EQ(wait(client(), reply.parameters().at("job"))["outcome"], "succeeded");
  char text[16];
  EXPECT_EQ(::read(other_end.get(), text, sizeof text), 8);
}

TEST_F(FileStreams, K1_a_job_that_waits_for_a_fifo_can_be_killed) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  json wanted = shell("true");
  wanted["name"] = "waits";
  wanted["input"] = file(path("fifo"));
  varlink::Client patient = connect_as(0);
  patient.send("io.coppice.Jobs.Start", {{"spec", wanted}}, varlink::Mode::plain);
  const json named = {{"job", {{"name", "waits"}}}};
  ASSERT_TRUE(await_fifo());
  call(client(), "Kill", named);
  const varlink::Reply reply = next_reply(patient);
  EXPECT_TRUE(reply.failed());
  EXPECT_EQ(reply.parameters().at("step"), "input");
  EXPECT_EQ(reply.parameters().at("path"), path("fifo"));
}

// Until its exec the child has the user's credentials and the keeper's memory.
TEST_F(FileStreams, S10_the_keepers_memory_is_closed_to_a_user_whose_job_is_being_started) {
  if (read_text("/proc/sys/fs/suid_dumpable") == "1\n") GTEST_SKIP() << "fs.suid_dumpable opens what changes its user";
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0666), 0);
  ASSERT_EQ(::chmod(path("fifo").c_str(), 0666), 0);
  varlink::Client nobody = connect_as(kNobody);
  json wanted = shell("sleep 1000");
  wanted["output"] = file(path("fifo"));
  nobody.send("io.coppice.Jobs.Start", {{"spec", wanted}}, varlink::Mode::plain);
  const auto newborn = await_fifo();
  ASSERT_TRUE(newborn);
  const std::string process = "/proc/" + std::to_string(*newborn);
  for (const char* part : {"/mem", "/environ", "/fd/2"})
    EXPECT_EQ(error_of_open(process + part, kNobody), EACCES) << part;
  // Once it has memory of its own, that is its user's to look at.
  const UniqueFd other_end(::open(path("fifo").c_str(), O_RDONLY | O_CLOEXEC));
  const json job = next_reply(nobody).parameters().at("job");
  EXPECT_EQ(error_of_open(process + "/environ", kNobody), 0);
  kill(nobody, job);
}

}  // namespace
}  // namespace coppice::support
