"""Which networks two runs share, by the digests in their summaries."""

from lstm_toys.sharing import compare


def test_populations_are_the_same_by_all_settings_or_where_not_all_were_recorded_by_the_unusual_ones():
    def summary(settings, usual=None, digests=("a", "b"), **more):
        population = {"experiment": "sine", "settings": settings, "digests": [*digests], **more}
        return {"network_digests": [population | ({} if usual is None else {"usual": usual})]}

    def same(first, second):
        ours, theirs = compare.by_seed(first, second)
        return sum(theirs.get(network) == digest for network, digest in ours.items())

    assert same(summary({"steps": 3}, {"gates": "hard"}), summary({"gates": "hard"}, {"steps": 3})) == 2
    assert same(summary({"steps": 3}, {"gates": "hard"}), summary({"steps": 3}, {"gates": "sigmoid"})) == 0
    assert same(summary({"steps": 3}), summary({"steps": 3}, {"gates": "sigmoid"})) == 2
    assert same(summary({"steps": 3}), summary({"steps": 4}, {"gates": "sigmoid"})) == 0
    assert same(summary({"cell": "a.b:Cell(k=1)"}), summary({"cell": "c:Cell(k=1)"})) == 2
    assert same(summary({"cell": "a.b:Cell(k=1)"}), summary({"cell": "a.b:Cell(k=2)"})) == 0
    assert same(summary({}, digests="b", first_seed=1), summary({})) == 1
    assert same(summary({}, digests="b"), summary({})) == 0
    assert same({}, summary({})) == 0
