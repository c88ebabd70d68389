"""What a pack says of itself."""

from homebuy_plugin.documents.model import Pack, StageDef, TaskDef


def stage(code, *tasks):
    made = tuple(TaskDef(code=t, name=f"{t} of {code}") for t in tasks)
    return StageDef(code=code, name=code, master_stage=code, tasks=made)


def test_a_task_of_two_stages_belongs_to_the_first():
    pack = Pack(scheme="s", stages=(stage("one", "a", "b"), stage("two", "b", "c")))
    assert [pack.stage_of(code).code for code in "abc"] == ["one", "one", "two"]
    assert pack.task("b").name == "b of one"
    assert pack.stage_of("d") is None
    assert pack.task("d") is None


def test_a_pack_made_from_another_looks_among_its_own_stages():
    pack = Pack(scheme="s", stages=(stage("one", "a"),))
    assert pack.stage_of("b") is None
    assert pack.with_stage(stage("two", "b")).stage_of("b").code == "two"
