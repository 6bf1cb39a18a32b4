"""The claims of the post: each has a sentence, one number per network, and the range of numbers that meet the sentence.

If a sentence is ambiguous, its interpretation here is one that the author's own picture meets;
docs/notes/post-claims.md gives the reasons. A new claim needs an entry in `SENTENCES`, and a function in
`experiments.post.numbers`.
"""

from __future__ import annotations

import lstm_toys as lt
from lstm_toys.runs.experiment import HISTORY, TRAINING

from . import numbers


def _sine(*curves: str) -> tuple[lt.Source, ...]:
    return tuple(lt.Source("sine", each) for each in curves)


SENTENCES = (
    lt.Claim(
        "line-one-layer",
        "A one layered LSTM (SGD with fixed learning rate) was able to approx. the line",
        "RMSE of y over x ≥ 0.1",
        numbers.error,
        (lt.Source("line", TRAINING),),
        high=0.02,
        learned=True,
        thresholds=lt.Thresholds(
            (0.01, 0.03, 0.05),
            "At 0.01, a thirtieth of the line's rise, no difference is seen in the post's picture.",
            "At 0.05, a sixth of the rise, the answer is still clearly that line.",
        ),
    ),
    lt.Claim(
        "hill-second-layer",
        "In order to get the hill-shaped function I added a second lstm layer (I guess this has the same reason as the "
        'XOR "problem")',
        "RMSE of y over x ≥ 0.1, of ONE layer",
        numbers.error,
        (lt.Source("hill_one_layer", TRAINING),),
        low=0.02,
        fails=True,
        baselines=(
            lt.Baseline(
                "RMSE of one layer / two layers",
                numbers.ratio_of_errors,
                (lt.Source("hill_one_layer", TRAINING), lt.Source("hill", TRAINING)),
            ),
        ),
        thresholds=lt.Thresholds(
            (0.01, 0.03, 0.05),
            "At 0.01, a thirtieth of the height, a fit already counts as failed.",
            "Above 0.05, a sixth of the height, nobody would call it a hill that was learned.",
        ),
    ),
    lt.Claim(
        "hill-y-longer",
        "The following step was to remove the x value from the input so the lstm only received the y-values. It took a "
        "little bit longer but the function got approximated",
        "steps until RMSE of y over x ≥ 0.1 stays at most 0.02",
        numbers.steps_until_learned,
        (lt.Source("hill_y", HISTORY),),
        against="hill",
        baselines=(
            lt.Baseline(
                "steps of a network that sees x too", numbers.steps_until_learned, (lt.Source("hill", HISTORY),)
            ),
        ),
    ),
    lt.Claim(
        "identity",
        "In general what this network learned should only be the identity function. It received some coordinates x and "
        "y and tried its best to reproduce the same",
        "RMSE of x and y over x ≥ 0.1, unseen lines and hills, worse of the line's and the hill's network",
        numbers.worst_error_of_points,
        tuple(lt.Source(network, curves) for network in ("line", "hill") for curves in ("line", "hill")),
        high=0.05,
        learned=True,
        baselines=tuple(
            lt.Baseline(
                f"the {network}'s network",
                numbers.error_of_points,
                (lt.Source(network, "line"), lt.Source(network, "hill")),
            )
            for network in ("line", "hill")
        ),
        thresholds=lt.Thresholds(
            (0.03, 0.1),
            "0.03 is the accuracy that counts as learned for a sine.",
            "At 0.1, curves that were never seen are still told apart.",
        ),
    ),
    lt.Claim(
        "sine-learned",
        "The next function I wanted to approximate was a sine: Which worked out",
        "RMSE over x ≥ 0.1",
        numbers.error,
        _sine(TRAINING),
        high=0.03,
        learned=True,
        thresholds=lt.Thresholds(
            (0.01, 0.02, 0.05),
            "0.01 is the accuracy of most networks.",
            "At 0.05, a sixth of the amplitude, the picture still shows the sine.",
        ),
    ),
    lt.Claim(
        "temporal-dependency",
        'The "learning" of this network should be a little bit more. A temporal dependency between values which was '
        "the x-axis in the former example",
        "share of the variance over x ≥ 0.2 that no function of the momentary input explains, over amplitudes",
        numbers.temporal_share,
        _sine("amplitude"),
        low=0.01,
        baselines=(lt.Baseline("the same for sines of other phases", numbers.temporal_share, _sine("phase")),),
        thresholds=lt.Thresholds(
            (0.005, 0.02, 0.05),
            "Half a percent of the variance can still be seen in a plot of answers against inputs.",
            "Five percent is more than a picture is needed for.",
        ),
    ),
    lt.Claim(
        "lines-sine-phase",
        "Interestingly they perform something like a sine phase in the beginning",
        "turns before x = 0.4, median over lines with intercept",
        numbers.early_turns,
        _sine("line"),
        low=2.0,
        thresholds=lt.Thresholds(
            (1.0, 3.0),
            "One turn is a bump, the least that something like a sine has.",
            "Three turns are one and a half periods.",
        ),
    ),
    lt.Claim(
        "lines-same-factor",
        "and then they grow all by the same factor although their slopes differed from 0.1 to 1.2",
        "slope of log(rise of the answer) on log(rise of the input) over x ≥ 0.4: 0 alike, 1 in proportion",
        numbers.common_growth,
        _sine("line"),
        low=-0.5,
        high=0.5,
        baselines=(lt.Baseline("lines through the origin", numbers.common_growth, _sine("line_origin")),),
        thresholds=lt.Thresholds(
            ((-0.25, 0.25), (-0.35, 0.35), (-0.7, 0.7)),
            "Within 0.25, a line twelve times as steep rises at most twice as much.",
            "Within 0.7, it still rises less than half as much as in proportion.",
        ),
    ),
    lt.Claim(
        "lines-nonlinear",
        "The linear functions are mapped to non-linear functions through the lstm",
        "1 - R² of the best straight line over x ≥ 0.2, median over lines",
        numbers.bend,
        _sine("line", "line_origin"),
        low=0.01,
        thresholds=lt.Thresholds(
            (0.005, 0.02, 0.05),
            "Half a percent of the variance can still be seen as a bend.",
            "Five percent is a bend that nobody misses.",
        ),
    ),
    lt.Claim(
        "learned-between",
        'The "learned" sine was in the area between blue and green',
        "amplitude from which on the answer swings less than the input",
        numbers.answered_alike,
        _sine("amplitude"),
        low=0.2,
        high=0.4,
        thresholds=lt.Thresholds(
            ((0.15, 0.45), (0.25, 0.35)),
            "Half the distance to the neighboring curves, on both sides.",
            "One and a half times this distance: the picture has no curve in between.",
        ),
    ),
    lt.Claim(
        "valley-amplitude",
        "The valley in the middle stays nearly untouched",
        "range of the valley's depth over range of the peaks, over amplitudes",
        numbers.valley_moved,
        _sine("amplitude"),
        high=0.2,
        baselines=(lt.Baseline("range of the valley's place", numbers.valley_places, _sine("amplitude")),),
        thresholds=lt.Thresholds(
            (0.1, 0.15, 0.25, 0.3),
            "A tenth of what the peaks move is nearly untouched in the strictest sense.",
            "At three tenths one still sees that the valley moves less than the peaks.",
        ),
    ),
    lt.Claim(
        "valley-phase",
        "I guess that this will not be the case when I displace the phase. Wrong! The valley stays",
        "range of the valley's depth over range of the peaks, over phases",
        numbers.valley_moved,
        _sine("phase"),
        high=0.2,
        baselines=(lt.Baseline("slope of the valley's place on the input's", numbers.valley_follows, _sine("phase")),),
        thresholds=lt.Thresholds(
            (0.1, 0.15, 0.25, 0.3),
            "A tenth of what the peaks move is nearly untouched in the strictest sense.",
            "At three tenths one still sees that the valley moves less than the peaks.",
        ),
    ),
    lt.Claim(
        "frequency-first-part",
        "Except for the first part between 0.0 to 0.2 …",
        "difference from the answer a period later, over its range, x < 0.2 minus x ≥ 0.2, median over frequencies",
        numbers.first_part,
        _sine("frequency"),
        low=0.02,
        thresholds=lt.Thresholds(
            (0.01, 0.05),
            "A hundredth of the answer's range is the width of a line in the picture.",
            "A twentieth of the range is seen at once.",
        ),
    ),
    lt.Claim(
        "frequency-copied",
        "Except for the first part between 0.0 to 0.2 the frequency is copied correctly",
        "largest relative error of the frequency of the best sinusoid over x ≥ 0.2",
        numbers.worst_frequency,
        _sine("frequency"),
        high=0.05,
        thresholds=lt.Thresholds(
            (0.02, 0.1),
            "Two percent is the accuracy with which a frequency is read off ten radians.",
            "At ten percent, half a period is lost over the range of the fastest sine.",
        ),
    ),
    lt.Claim(
        "only-amplitude-wrong",
        "It looks as though the only thing that is really wrong is the amplitude",
        "share of the squared error over x ≥ 0.2 that another gain and offset explain, median over frequencies",
        numbers.explained_by_amplitude,
        _sine("frequency"),
        low=0.9,
        baselines=(
            lt.Baseline("share that correcting the answer removes", numbers.removed_by_correction, _sine("frequency")),
            lt.Baseline("the same with a delay too", numbers.removed_with_delay, _sine("frequency")),
        ),
        thresholds=lt.Thresholds(
            (0.8, 0.95),
            "Four fifths of the error: the rest is a fifth, which a picture can hide.",
            "All but a twentieth: the only thing that is really wrong.",
        ),
    ),
    lt.Claim(
        "amplitude-inside",
        "The lstm gets a sine and is supervised with the sine's amplitude",
        "largest absolute error of the amplitude, A from 0.05 to 0.49",
        numbers.inside_error,
        (lt.Source("amplitude", "sweep"),),
        high=0.02,
        learned=True,
        thresholds=lt.Thresholds(
            (0.01, 0.03),
            "0.01 is a fiftieth of the largest amplitude of the training.",
            "0.03 is a sixteenth of it, the distance of two dots in the picture.",
        ),
    ),
    lt.Claim(
        "amplitude-diverges-from",
        "This explains the divergence starting from 0.5 in this plot (where it starts)",
        "smallest amplitude, of at least 0.05, with an error above 0.02",
        numbers.divergence_start,
        (lt.Source("amplitude", "sweep"),),
        low=0.4,
        high=0.6,
        thresholds=lt.Thresholds(
            ((0.35, 0.65), (0.45, 0.55)),
            "A twentieth on both sides is what can be read off the picture.",
            "Within 0.15, the divergence still begins at the end of the training range, not elsewhere.",
        ),
    ),
    lt.Claim(
        "amplitude-diverges",
        "This explains the divergence starting from 0.5 in this plot",
        "shortfall of the amplitude at A = 0.8",
        numbers.shortfall,
        (lt.Source("amplitude", "sweep"),),
        low=0.1,
        fails=True,
        thresholds=lt.Thresholds(
            (0.05, 0.15),
            "0.05 at A = 0.8 is seen in the picture.",
            "0.15 is a fifth of the amplitude.",
        ),
    ),
    lt.Claim(
        "slope-inside",
        "the seq2vec lstm is trained to return the parameters (m, t)",
        "RMSE of slope and intercept, both from 0 to 0.9",
        numbers.trained_slopes,
        (lt.Source("slope_intercept", "plane"),),
        high=0.15,
        learned=True,
        thresholds=lt.Thresholds(
            (0.1, 0.2),
            "0.1 is a tenth of the training range.",
            "0.2 is the error that counts as failing outside of it.",
        ),
    ),
    lt.Claim(
        "slope-negative",
        "Neither negative slope nor a larger slope can be handle well (negative)",
        "RMSE of slope and intercept, slopes from -1 to -0.1",
        numbers.negative_slopes,
        (lt.Source("slope_intercept", "plane"),),
        low=0.2,
        fails=True,
        thresholds=lt.Thresholds(
            (0.1, 0.15, 0.3),
            "0.1 is a tenth of the training range, the error inside it.",
            "0.3 is a third of the range.",
        ),
    ),
    lt.Claim(
        "slope-large",
        "Neither negative slope nor a larger slope can be handle well (larger)",
        "RMSE of slope and intercept, slopes from 1.1 to 2",
        numbers.large_slopes,
        (lt.Source("slope_intercept", "plane"),),
        low=0.2,
        fails=True,
        thresholds=lt.Thresholds(
            (0.1, 0.15, 0.3),
            "0.1 is a tenth of the training range, the error inside it.",
            "0.3 is a third of the range.",
        ),
    ),
)
